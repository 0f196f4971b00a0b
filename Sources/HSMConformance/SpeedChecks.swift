import HSMWorker
import HSMWorkerProtocol
import PKCS11
import SecureMemory

enum SpeedChecks {
    static func all(_ bench: Bench) -> [Check] {
        var all: [Check] = []
        if bench.encrypts {
            all += [
                Check(
                    "speed.session-copies",
                    "It is known whether a session copy of a key is faster than the token object.",
                    needs: [.aesKeyGeneration], sessionCopies),
                Check("speed.large", "Encryption of 4,096 bytes is measured.", needs: [.aesKeyGeneration]) { bench in
                    let session = try bench.session()
                    return try plain(.encryption(bench, bench.makeKey(isToken: true, in: session), bytes: 4096), bench)
                },
            ]
        }
        all += [
            Check("speed.lanes", "It is known how many threads are the fastest.", lanes),
            Check("speed.workers", "It is known whether a second process makes it faster.", workers),
            Check("speed.random", "Random bytes are measured.") { try plain(.random($0), $0) },
            Check("speed.sessions", "Opening and closing sessions is measured.") {
                try plain(.sessions($0), $0, threads: [1])
            },
            Check(
                "speed.hmac", "MACs are measured.", needs: [.genericSecretKeyGeneration, .sha256HMAC]
            ) { bench in
                let session = try bench.session()
                let key = try bench.makeKey("HMAC_256", isToken: true, in: session)
                return try plain(.signature(bench, key, Mechanism(.sha256HMAC), of: 64, "HMAC-SHA-256 64 B"), bench)
            },
            Check("speed.ecdsa", "ECDSA is measured.", needs: [.ecKeyPairGeneration, .ecdsa]) { bench in
                let session = try bench.session()
                let key = try bench.makePair("ECC_NIST_P256", "SIGN_VERIFY", isToken: true, in: session).privateKey
                return try plain(.signature(bench, key, Mechanism(.ecdsa), of: 32, "ECDSA P-256"), bench)
            },
            Check("speed.rsa", "RSA signatures are measured.", needs: [.rsaKeyPairGeneration, .rsaPSS]) { bench in
                let session = try bench.session()
                let key = try bench.makePair("RSA_2048", "SIGN_VERIFY", isToken: true, in: session).privateKey
                let mechanism = Mechanism(.rsaPSS, .pss(hash: .sha256, saltLength: 32))
                return try plain(.signature(bench, key, mechanism, of: 32, "RSA-2048 PSS"), bench)
            },
            Check(
                "speed.session-keys", "Making and destroying session keys is measured.", needs: [.aesKeyGeneration]
            ) { try plain(.creation($0, isToken: false, "AES session key made and destroyed"), $0, threads: [1]) },
            Check(
                "speed.token-keys", "Making and destroying token keys is measured.", needs: [.aesKeyGeneration]
            ) { try plain(.creation($0, isToken: true, "AES token key made and destroyed"), $0, threads: [1]) },
            Check("speed.search", "A search by id is measured.") { bench in
                let session = try bench.session()
                if bench.has(.aesKeyGeneration) { _ = try bench.makeKey(isToken: true, in: session) }
                return try plain(.search(bench, bench.objects.lastID), bench, threads: [1])
            },
        ]
        return all
    }

    private static let rounds = 3

    /// Measures with so many threads in turns, and takes the best of each: what else the machine does only takes away.
    private static func rates(
        _ work: Work, _ threads: [Int], _ bench: Bench
    ) throws -> [(threads: Int, rate: Double)] {
        let seconds = bench.request.measuringTime / Double(rounds)
        var best = threads.map { (threads: $0, rate: 0.0) }
        for _ in 0..<rounds {
            for index in best.indices {
                let rate = try work.rate(threads: best[index].threads, seconds: seconds, bench)
                best[index].rate = max(best[index].rate, rate)
            }
        }
        return best
    }

    private static func measurements(
        _ work: Work, _ rates: [(threads: Int, rate: Double)]
    ) -> [ConformanceMeasurement] {
        rates.map { ConformanceMeasurement("\(work.name), \(words($0.threads))", $0.rate.rounded(), "1/s") }
    }

    private static func words(_ threads: Int) -> String { threads == 1 ? "1 thread" : "\(threads) threads" }

    private static func text(_ rates: [(threads: Int, rate: Double)]) -> String {
        rates.map { "\(Int($0.rate.rounded()))/s with \(words($0.threads))" }.joined(separator: ", ")
    }

    private static func plain(_ work: Work, _ bench: Bench, threads: [Int] = [1, 2, 4]) throws -> Outcome {
        let rates = try rates(work, isParallel(bench) ? threads : [1], bench)
        return .pass("\(work.name): \(text(rates))", measurements: measurements(work, rates))
    }

    private static func isParallel(_ bench: Bench) -> Bool { bench.worker.slot.module.isThreadSafe }

    private static func sessionCopies(_ bench: Bench) throws -> Outcome {
        let keeper = try bench.session()
        let key = try bench.makeKey(isToken: true, in: keeper)
        let recipe = try bench.recipe("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        let work = Work.encryption(bench, key)
        let object = try rates(work, [1], bench)
        let named = "\(work.name), token object"
        var measured = object.map { ConformanceMeasurement("\(named), \(words($0.threads))", $0.rate.rounded(), "1/s") }
        func result(_ detail: String, _ isFaster: Bool) -> Outcome {
            .pass(detail, settings: ["sessionCopies": "\(isFaster)"], measurements: measured)
        }
        guard let copy = try? keeper.copyObject(key, KeyRecipe.copyTemplate) else {
            return result("\(named): \(text(object)); the token makes no session copy", false)
        }
        guard try recipe.fault(of: copy, id: [], isCopy: true, in: keeper) == nil else {
            return result("\(named): \(text(object)); the copy is weaker than the key", false)
        }
        let copied: [(threads: Int, rate: Double)]
        do {
            copied = try rates(.encryption(bench, copy), [1], bench)
        } catch let error as PKCS11Error {
            return result("\(named): \(text(object)); another session cannot use the copy: \(error)", false)
        }
        measured += copied.map {
            ConformanceMeasurement("\(work.name), session copy, \(words($0.threads))", $0.rate.rounded(), "1/s")
        }
        let isFaster = copied[0].rate > object[0].rate * 1.3
        return result("\(named): \(text(object)); session copy: \(text(copied))", isFaster)
    }

    /// So much more has twice as many threads to bring.
    private static let worthIt = 1.2

    private static func lanes(_ bench: Bench) throws -> Outcome {
        guard isParallel(bench) else { return .pass("the module takes one thread", settings: ["lanes": "1"]) }
        let keeper = try bench.session()
        let work = try Work.usual(bench, bench.makeUsual(in: keeper))
        var rates = try self.rates(work, [1, 2, 4], bench)
        var best = rates[1].rate > rates[0].rate * worthIt ? 2 : 1
        if rates[2].rate > rates.first(where: { $0.threads == best })!.rate * worthIt { best = 4 }
        // A token far away: what is under way costs it nothing.
        while best == rates.last!.threads, best < 32 {
            let next = best * 2
            rates += try self.rates(work, [next], bench)
            if rates[rates.count - 1].rate > rates[rates.count - 2].rate * worthIt { best = next }
        }
        return .pass(
            "\(work.name): \(text(rates))", settings: ["lanes": "\(best)"], measurements: measurements(work, rates))
    }

    private static func workers(_ bench: Bench) throws -> Outcome {
        let keeper = try bench.session()
        let work = try Work.usual(bench, bench.makeUsual(in: keeper))
        let id = bench.objects.lastID
        let alone = try work.rate(threads: 1, seconds: bench.request.measuringTime, bench)
        let partner = try Partner.start(.measure(id: id), bench)
        try partner.waitUntilReady()
        partner.begin()
        let beside = try work.rate(threads: 1, seconds: bench.request.measuringTime, bench)
        let other = Double(try partner.result().last ?? 0)
        let isFaster = beside + other > alone * 1.4
        return .pass(
            "\(work.name): \(Int(alone))/s in one process, \(Int(beside)) and \(Int(other))/s in two",
            settings: ["workers": isFaster ? "2" : "1"],
            measurements: [
                ConformanceMeasurement("\(work.name), 2 processes", (beside + other).rounded(), "1/s")
            ])
    }
}
