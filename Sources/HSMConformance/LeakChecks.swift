import Glibc
import HSMWorker
import HSMWorkerProtocol
import PKCS11

enum LeakChecks {
    static func all(_ bench: Bench) -> [Check] {
        var all = [
            Check(
                "leaks.random", "C_GenerateRandom leaves no memory behind.", otherwise: text
            ) { try measure(.random($0), $0) },
            Check(
                "leaks.sessions", "Opening and closing a session leaves no memory behind.", otherwise: text
            ) { try measure(.sessions($0), $0) },
            Check("leaks.search", "A search leaves no memory behind.", otherwise: text) { bench in
                try measure(.search(bench, bench.objects.newID()), bench)
            },
        ]
        if bench.encrypts {
            all.append(
                Check("leaks.encryption", "Encryption leaves no memory behind.", otherwise: text) { bench in
                    let session = try bench.session()
                    return try measure(.encryption(bench, bench.makeKey(isToken: true, in: session)), bench)
                })
        }
        all += [
            Check(
                "leaks.session-objects", "Making and destroying a session object leaves no memory behind.",
                otherwise: text, needs: [.aesKeyGeneration], absence: ""
            ) { try measure(.creation($0, isToken: false, "session object"), $0) },
            Check(
                "leaks.token-objects", "Making and destroying a token object leaves no memory behind.",
                otherwise: text, needs: [.aesKeyGeneration], absence: ""
            ) { try measure(.creation($0, isToken: true, "token object"), $0, count: 1000) },
        ]
        all.append(
            Check(
                "leaks.hmac", "A MAC leaves no memory behind.", otherwise: text,
                needs: [.genericSecretKeyGeneration, .sha256HMAC], absence: ""
            ) { bench in
                let session = try bench.session()
                let key = try bench.makeKey("HMAC_256", isToken: true, in: session)
                return try measure(.signature(bench, key, Mechanism(.sha256HMAC), of: 64, "HMAC"), bench)
            })
        all.append(
            Check(
                "leaks.ecdsa", "A signature leaves no memory behind.", otherwise: text,
                needs: [.ecKeyPairGeneration, .ecdsa], absence: ""
            ) { bench in
                let session = try bench.session()
                let key = try bench.makePair("ECC_NIST_P256", "SIGN_VERIFY", isToken: true, in: session).privateKey
                return try measure(.signature(bench, key, Mechanism(.ecdsa), of: 32, "ECDSA"), bench)
            })
        return all
    }

    private static let text = "A worker grows, and is to be replaced from time to time."

    /// This process's memory (proc(5), statm), in bytes.
    private static func residentSize() -> Int {
        let descriptor = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = unsafe read(descriptor, &text, 128)
        let words = String(decoding: text.prefix(max(count, 0)), as: UTF8.self).split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }

    private static func measure(_ work: Work, _ bench: Bench, count: Int = 10_000) throws -> Outcome {
        // What grows once is not a leak: as many operations first as are counted then.
        let warm = try work.repeated(count / 2, seconds: 3)
        let before = residentSize()
        let done = try work.repeated(count, seconds: 4, from: warm)
        let growth = max(residentSize() - before, 0)
        let each = Double(growth) / Double(max(done, 1))
        let measured = [ConformanceMeasurement("memory that \(work.name) leaves behind", each.rounded(), "B")]
        let detail = "\(growth / 1024) KiB in \(done) operations, \(Int(each.rounded())) bytes each"
        // Less than this is the allocator's own rounding.
        return growth <= 32 * 1024 || each < 16
            ? .pass(detail, measurements: measured)
            : .quirk("\(detail); a worker that has run long can be replaced by a new one", measurements: measured)
    }
}
