import HSMWorker
import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory
import Synchronization

enum ConcurrencyChecks {
    static func all(_ bench: Bench) -> [Check] {
        guard bench.worker.slot.module.isThreadSafe else {
            return [
                Check(
                    "concurrency.operations", "Threads use one key beside each other, and every answer is right.",
                    concerns: .everything
                ) { _ in
                    .quirk("the module takes one thread at a time, and a worker gives it one", settings: ["lanes": "1"])
                }
            ]
        }
        var all = [
            Check(
                "concurrency.sessions", "Threads open and close sessions beside each other.", concerns: .everything,
                otherwise: "One thread at a time may use the module.", sessions),
            Check(
                "concurrency.operations",
                "2, 4 and 8 threads use one key beside each other, and every answer is right.",
                concerns: .everything, otherwise: "The module mixes up the work of threads.", operations),
            Check(
                "concurrency.creation-in-turn",
                "Threads that take turns, as the worker's do, make and destroy objects while others encrypt.",
                concerns: .everything, otherwise: "Keys cannot be made while others are in use.", creationInTurn),
        ]
        // A module may crash in it with a lock of the token's, and the token's store may not outlive it: only where the
        // user allows it.
        if bench.request.races {
            all.append(
                Check(
                    "concurrency.session-objects", "Threads make, search for and destroy session objects all at once.",
                    otherwise: "The worker has such calls take turns, so nothing depends on it.",
                    needs: [.aesKeyGeneration], absence: "", sessionObjects))
            all.append(
                Check(
                    "concurrency.creation-and-search",
                    "Threads make, search for and destroy token objects all at once.",
                    otherwise: "The worker has such calls take turns, so nothing depends on it.",
                    needs: [.aesKeyGeneration], absence: "", creationAndSearch))
        }
        return all
    }

    private static let seconds = 2.0

    /// Has a second process try what may crash a module that is not made for threads. One lane in a worker is then the
    /// way to use it.
    private static func apart(
        _ id: String, _ bench: Bench, _ body: (Bench) throws -> Outcome
    ) throws -> Outcome {
        if bench.isPartner { return try body(bench) }
        switch Partner.run(check: id, bench) {
        case .success(let outcome): return outcome
        case .failure(let reason):
            return .quirk("a process that tried it did not come to its end: \(reason)", settings: ["lanes": "1"])
        }
    }

    private static func sessions(_ bench: Bench) throws -> Outcome {
        try apart("concurrency.sessions", bench, sessionsBeside)
    }

    private static func operations(_ bench: Bench) throws -> Outcome {
        try apart("concurrency.operations", bench, operationsBeside)
    }

    private static func sessionsBeside(_ bench: Bench) throws -> Outcome {
        let work = Work.sessions(bench)
        let rate = try work.rate(threads: 4, seconds: 0.5, bench)
        return .pass("4 threads, \(Int(rate)) a second")
    }

    /// What threads do at once, and how each sees that its answer is right.
    private static func work(_ bench: Bench, in session: borrowing Session) throws -> (
        String, @Sendable (borrowing Session, UInt64) throws(PKCS11Error) -> Bool
    ) {
        if let mode = bench.tuning.gcm {
            let key = try bench.makeKey(isToken: true, in: session)
            return (
                "AES-GCM",
                { (session: borrowing Session, number: UInt64) throws(PKCS11Error) in
                    let text = Array("\(number)".utf8)
                    let sealed = try mode.seal(text, key, aad: text, in: session)
                    return try session.openGCM(sealed.body, key, iv: sealed.iv, aad: text) == text
                }
            )
        }
        if bench.has(.sha256HMAC), bench.has(.genericSecretKeyGeneration) {
            let key = try bench.makeKey("HMAC_256", isToken: true, in: session)
            return (
                "HMAC-SHA-256",
                { (session: borrowing Session, number: UInt64) throws(PKCS11Error) in
                    let text = Array("\(number)".utf8)
                    let code = try session.sign(text, key, Mechanism(.sha256HMAC), room: 32)
                    return try unsafe session.verify(
                        code.span.bytes, of: text.span.bytes, with: key, Mechanism(.sha256HMAC))
                }
            )
        }
        let spec = bench.has(.ecdsa) ? "ECC_NIST_P256" : "RSA_2048"
        let pair = try bench.makePair(spec, "SIGN_VERIFY", isToken: true, in: session)
        let mechanism = Mechanism(bench.has(.ecdsa) ? .ecdsa : .rsaPKCS1)
        let key = pair.privateKey
        let publicKey =
            bench.has(.ecdsa)
            ? try ECChecks.publicKey(pair.publicKey, .p256, in: session)
            : try RSAChecks.publicKey(pair.publicKey, in: session)
        return (
            spec,
            { (session: borrowing Session, number: UInt64) throws(PKCS11Error) in
                let digest = ECChecks.digest(number)
                let prefix = mechanism.type == .ecdsa ? [] : RSAChecks.sha256Info
                let signature = try session.sign(prefix + digest, key, mechanism)
                return ECChecks.isValid(signature, of: digest, publicKey)
            }
        )
    }

    private static func operationsBeside(_ bench: Bench) throws -> Outcome {
        let maker = try bench.session()
        let (name, once) = try work(bench, in: maker)
        let slot = bench.worker.slot
        var done: [String] = []
        for threads in [2, 4, 8] {
            let tally = Tally()
            let failure = Failure()
            let start = Bench.now
            inParallel(threads) { thread in
                do throws(PKCS11Error) {
                    let session = try Session(on: slot)
                    var round: UInt64 = 0
                    while Bench.now - start < 0.7 {
                        tally.count(try once(session, UInt64(thread) << 32 | round) ? "right" : "wrong")
                        round += 1
                    }
                } catch {
                    failure.note(error)
                }
            }
            guard tally["wrong"] == 0 else {
                return .quirk(
                    "\(name): \(tally["wrong"]) of \(tally["right"] + tally["wrong"]) answers are wrong at \(threads) "
                        + "threads", settings: ["lanes": "1"])
            }
            if let error = failure.first {
                return .quirk("\(name) at \(threads) threads: \(error)", settings: ["lanes": "1"])
            }
            done.append("\(tally["right"]) at \(threads) threads")
        }
        return .pass("\(name): " + done.joined(separator: ", ") + ", all right")
    }

    /// Makes, finds and destroys, and says what became of it.
    private static func cycle(
        _ id: [UInt8], _ recipe: KeyRecipe, _ template: [Attribute], _ session: borrowing Session, _ tally: Tally
    ) -> Bool {
        do throws(PKCS11Error) {
            let key = try session.generateKey(recipe.generation, template)
            let found = try session.findObjects([Attribute(.id, id)])
            tally.count(found.count == 1 ? "done" : "found \(found.count) times")
            try session.destroyObject(key)
            return true
        } catch {
            tally.count("\(error)")
            return false
        }
    }

    private static func creationInTurn(_ bench: Bench) throws -> Outcome {
        guard bench.has(.aesKeyGeneration) else { return .pass("not tried without AES") }
        let maker = try bench.session()
        let (name, once) = try work(bench, in: maker)
        let recipe = try bench.recipe("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        let omitted = bench.worker.profile.omitAttributes
        let templates = (0..<4).map { _ in
            let id = bench.objects.newID()
            return (id, recipe.generationTemplate(id: id, omitting: omitted))
        }
        let slot = bench.worker.slot
        let turn = Turn()
        let tally = Tally()
        let start = Bench.now
        inParallel(4) { thread in
            do throws(PKCS11Error) {
                var session = try Session(on: slot)
                var round: UInt64 = 0
                while Bench.now - start < seconds {
                    if thread < 2 {
                        let (id, template) = templates[thread]
                        let isDone = turn.take { cycle(id, recipe, template, session, tally) }
                        if !isDone { session = try Session(on: slot) }
                    } else {
                        tally.count(try once(session, UInt64(thread) << 32 | round) ? "right" : "wrong")
                    }
                    round += 1
                }
            } catch {
                tally.count("\(error)")
            }
        }
        let problems = tally.others(["done", "right"])
        let detail = "\(tally["done"]) objects made and destroyed beside \(tally["right"]) operations (\(name))"
        guard problems.isEmpty else {
            return .fail("\(detail); \(problems.map { "\($0.count) × \($0.name)" }.joined(separator: ", "))")
        }
        let left = try maker.findObjects([Attribute(.id, templates[0].0)]).count
        return left == 0 ? .pass(detail) : .fail("\(detail); \(left) objects are left over")
    }

    /// A turn that threads take, held across calls into the module as the worker's is.
    private final class Turn: Sendable {
        private let lock = Mutex(())

        func take<R: Sendable>(_ body: () -> R) -> R {
            lock.withLock { _ in body() }
        }
    }

    /// A second process does it: there are modules that crash.
    private static func sessionObjects(_ bench: Bench) throws -> Outcome {
        if bench.isPartner { return try race(bench, isToken: false) }
        switch Partner.run(check: "concurrency.session-objects", bench) {
        case .success(let outcome): return outcome
        case .failure(let reason):
            return .quirk(
                "a process that tried it did not come to its end: \(reason). In a worker creation and search exclude each "
                    + "other, always")
        }
    }

    /// The same with token objects. What is left over is removed from here.
    private static func creationAndSearch(_ bench: Bench) throws -> Outcome {
        if bench.isPartner { return try race(bench, isToken: true) }
        let before = try ConformanceObjects.husks(in: bench.session()).count
        let detail: String
        switch Partner.run(check: "concurrency.creation-and-search", bench) {
        case .success(let outcome):
            if outcome.verdict == .pass { return outcome }
            detail = outcome.detail
        case .failure(let reason):
            detail = "a process that tried it did not come to its end: \(reason)"
        }
        let removed = bench.objects.removed
        bench.objects.sweep()
        return .quirk(
            "\(detail); of what was left over \(bench.objects.removed - removed) objects were removed, and "
                + "\(try removeHusks(bench, before: before)). In a worker creation and search exclude each other, always"
        )
    }

    private static func race(_ bench: Bench, isToken: Bool) throws -> Outcome {
        let recipe = try bench.recipe("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        let omitted = bench.worker.profile.omitAttributes
        let templates = (0..<4).map { _ in
            let id = bench.objects.newID()
            let template = recipe.generationTemplate(id: id, omitting: omitted).changing([Attribute(.token, isToken)])
            return (id, template)
        }
        let slot = bench.worker.slot
        let tally = Tally()
        let start = Bench.now
        inParallel(4) { thread in
            let (id, template) = templates[thread]
            var session = Session(laterOn: slot)
            while Bench.now - start < seconds {
                guard (try? session.open()) != nil else { break }
                if !cycle(id, recipe, template, session, tally) { session.abandon() }
            }
        }
        let problems = tally.others(["done"])
        let detail = "\(tally["done"]) objects made, found and destroyed by 4 threads"
        guard !problems.isEmpty else { return .pass(detail) }
        return .quirk("\(detail); \(problems.map { "\($0.count) × \($0.name)" }.joined(separator: ", "))")
    }

    /// What is left half-made may be seen only in another life of the module, and does not say whose it is. Where there
    /// was none before it is this check's.
    private static func removeHusks(_ bench: Bench, before: Int) throws -> String {
        try bench.restart()
        let session = try bench.session()
        let husks = try ConformanceObjects.husks(in: session)
        guard husks.count > before else { return "nothing half-made" }
        guard before == 0 else {
            return "\(husks.count - before) half-made ones beside the \(before) that there were before, left alone"
        }
        bench.objects.removeHusks(husks, in: session)
        return "\(husks.count) half-made ones without id, label and value, removed too"
    }
}
