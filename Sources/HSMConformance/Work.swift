import HSMWorker
import HSMWorkerProtocol
import PKCS11
import SecureMemory

/// An operation that is done over and over: for measurements, and for threads that do it beside each other.
struct Work: Sendable {
    let name: String
    let slot: Slot
    /// The number is of the thread and the round together, and never the same twice.
    let once: @Sendable (_ session: borrowing Session, _ number: UInt64) throws(PKCS11Error) -> Void

    /// Operations a second of so many threads, each with a session of its own. Throws what the first to fail threw.
    func rate(threads: Int, seconds: Double, _ bench: Bench) throws -> Double {
        let tally = Tally()
        let failure = Failure()
        let (slot, once) = (slot, once)
        let start = Bench.now
        inParallel(threads) { thread in
            do throws(PKCS11Error) {
                let session = try Session(on: slot)
                var rounds = 0
                // A call that takes long is looked at each time, a short one costs less than the look.
                var step = 1
                while Bench.now - start < seconds {
                    let began = Bench.now
                    for _ in 0..<step {
                        try once(session, UInt64(thread) << 40 | UInt64(rounds))
                        rounds += 1
                    }
                    if Bench.now - began < 0.0005, step < 64 { step *= 2 }
                }
                tally.count("done", rounds)
            } catch {
                failure.note(error)
            }
        }
        if let error = failure.first { throw error }
        return Double(tally["done"]) / max(Bench.now - start, 0.000_001)
    }

    /// So many operations in one session, by one thread, but no longer than that; answers how many were done.
    func repeated(_ count: Int, seconds: Double, from first: Int = 0) throws -> Int {
        let session = try Session(on: slot)
        let start = Bench.now
        for round in 0..<count {
            try once(session, 1 << 48 | UInt64(first + round))
            if round % 32 == 0, Bench.now - start > seconds { return round + 1 }
        }
        return count
    }
}

extension Work {
    /// Encryption as the key store does it most: 32 bytes with 64 of AAD. Without AES-GCM it is AES-CBC.
    static func encryption(_ bench: Bench, _ key: ObjectHandle, bytes size: Int = 32, _ name: String? = nil) -> Work {
        let text = [UInt8](repeating: 7, count: size)
        guard bench.has(.aesGCM), let mode = bench.tuning.gcm else {
            let mechanism = Mechanism(.aesCBC, .bytes([UInt8](repeating: 1, count: 16)))
            return Work(name: name ?? "AES-CBC \(size) B", slot: bench.worker.slot) {
                (session: borrowing Session, _) throws(PKCS11Error) in
                _ = try session.encrypt(text, key, mechanism, room: size + 64)
            }
        }
        let aad = [UInt8](repeating: 3, count: 64)
        return Work(name: name ?? "AES-GCM \(size) B", slot: bench.worker.slot) {
            (session: borrowing Session, number: UInt64) throws(PKCS11Error) in
            var iv: [UInt8] = []
            if mode.source != .appended {
                iv =
                    mode.zeroIV
                    ? [UInt8](repeating: 0, count: 12)
                    : (0..<12).map { UInt8(truncatingIfNeeded: number >> (UInt64($0) % 8 * 8)) }
            }
            _ = try session.sealGCM(text, key, iv: &iv, aad: aad)
        }
    }

    /// What requests ask for most often, of what this token can: with a key that ``Bench/makeUsual(in:)`` made.
    static func usual(_ bench: Bench, _ key: ObjectHandle) -> Work {
        if bench.encrypts { return .encryption(bench, key) }
        if bench.authenticates {
            return .signature(bench, key, Mechanism(.sha256HMAC), of: 64, "HMAC-SHA-256 64 B")
        }
        if bench.has(.ecdsa) { return .signature(bench, key, Mechanism(.ecdsa), of: 32, "ECDSA P-256") }
        return .signature(bench, key, Mechanism(.rsaPKCS1), of: 32, "RSA-2048 PKCS #1")
    }

    static func signature(
        _ bench: Bench, _ key: ObjectHandle, _ mechanism: Mechanism, of size: Int, _ name: String
    ) -> Work {
        let input = [UInt8](repeating: 9, count: size)
        return Work(name: name, slot: bench.worker.slot) { (session: borrowing Session, _) throws(PKCS11Error) in
            _ = try session.sign(input, key, mechanism)
        }
    }

    static func random(_ bench: Bench) -> Work {
        Work(name: "random 32 B", slot: bench.worker.slot) { (session: borrowing Session, _) throws(PKCS11Error) in
            _ = try session.random(32)
        }
    }

    static func sessions(_ bench: Bench) -> Work {
        let slot = bench.worker.slot
        return Work(name: "open and close a session", slot: slot) {
            (_: borrowing Session, _) throws(PKCS11Error) in
            var session = try Session(on: slot)
            session.abandon()
        }
    }

    /// Makes and destroys AES keys: session objects, or token objects that have the label of ours.
    static func creation(_ bench: Bench, isToken: Bool, _ name: String) throws -> Work {
        let recipe = try bench.recipe("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        let id = isToken ? bench.objects.newID() : []
        let template = recipe.generationTemplate(id: id, omitting: bench.worker.profile.omitAttributes)
            .changing([Attribute(.token, isToken)])
        let mechanism = recipe.generation
        return Work(name: name, slot: bench.worker.slot) { (session: borrowing Session, _) throws(PKCS11Error) in
            try session.destroyObject(session.generateKey(mechanism, template))
        }
    }

    static func search(_ bench: Bench, _ id: [UInt8]) -> Work {
        Work(name: "find by id", slot: bench.worker.slot) { (session: borrowing Session, _) throws(PKCS11Error) in
            _ = try session.findObjects([Attribute(.id, id)])
        }
    }
}
