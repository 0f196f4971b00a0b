import HSMWorker
import HSMWorkerProtocol
import PKCS11

enum ProcessChecks {
    static var all: [Check] {
        [
            Check(
                "processes.two-at-once", "Two processes are logged in to the token at once.", concerns: .everything,
                otherwise: "A worker that is to replace another one cannot start before that has ended.", twoAtOnce),
            Check(
                "processes.created-elsewhere", "What another process makes is found here.", concerns: .everything,
                otherwise: "A key that one worker makes cannot be used by another.",
                createdElsewhere),
            Check(
                "processes.destroyed-elsewhere", "What another process destroys is gone here.", concerns: .everything,
                otherwise: "A key that was deleted may still be used by another worker.",
                destroyedElsewhere),
            Check(
                "processes.fork", "What a forked process may do with the module is known.",
                otherwise: "Nothing: a worker never forks.", fork),
        ]
    }

    private static func twoAtOnce(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let before = try session.random(16)
        try Partner.start(.destroy(id: bench.objects.newID()), bench).finish()
        let after = try session.random(16)
        return before == after ? .fail("its random bytes repeat") : .pass("a second one came, worked and went")
    }

    private static func createdElsewhere(_ bench: Bench) throws -> Outcome {
        let id = bench.objects.newID()
        let before: Int
        let after: Int
        do {
            let open = try bench.session()
            try Partner.start(.create(id: id), bench).finish()
            before = try open.findObjects([Attribute(.id, id)]).count
            let session = try bench.session()
            after = try session.findObjects([Attribute(.id, id)]).count
        }
        if before == 1, after == 1 { return .pass("at once, by an open session and by a new one") }
        let detail = "a session that was open finds \(before) of it, one that is new finds \(after)"
        try bench.restart()
        let session = try bench.session()
        let later = try session.findObjects([Attribute(.id, id)]).count
        guard later == 1 else { return .fail("\(detail), and after a new C_Initialize \(later)") }
        return .quirk(
            "\(detail); it is seen after a new C_Initialize: one worker can use it", settings: ["workers": "1"])
    }

    private static func destroyedElsewhere(_ bench: Bench) throws -> Outcome {
        let made = try bench.session()
        let (key, id) = try bench.makeAny(in: made)
        _ = try made.attributes([.keyType], of: key)
        try Partner.start(.destroy(id: id), bench).finish()
        let found = try made.findObjects([Attribute(.id, id)]).count
        guard found == 0 else { return try stillFound(id, made, bench) }
        let fresh = try bench.session()
        var answers: [ReturnValue] = []
        do throws(PKCS11Error) {
            if try fresh.attributes([.keyType], of: key)[.keyType]?.number != nil {
                return .fail("its handle still tells its attributes")
            }
        } catch {
            answers.append(error.returnValue)
        }
        if bench.has(.aesGCM), bench.has(.aesKeyGeneration) {
            let other = try bench.session()
            var iv = [UInt8](repeating: 6, count: 12)
            do throws(PKCS11Error) {
                _ = try other.sealGCM([1], key, iv: &iv)
                return .fail("its handle still encrypts")
            } catch {
                answers.append(error.returnValue)
            }
        }
        let detail = "at once; its handle is answered by " + answers.map(\.description).joined(separator: " and ")
        let strange = answers.filter { ![.objectHandleInvalid, .keyHandleInvalid].contains($0) }
        guard strange.isEmpty else {
            let values = strange.map { "\"\($0.hexadecimal)\": object" }.joined(separator: ", ")
            return .quirk(detail, settings: ["returnValues": "{\(values)}"])
        }
        return .pass(detail)
    }

    /// Whether at least a new life of the module no longer shows it.
    private static func stillFound(
        _ id: [UInt8], _ session: consuming Session, _ bench: Bench
    ) throws -> Outcome {
        session.abandon()
        try bench.restart()
        let fresh = try bench.session()
        guard try fresh.findObjects([Attribute(.id, id)]).isEmpty else { return .fail("it is still found") }
        return .quirk(
            "it is still found, and is gone after a new C_Initialize: one worker can use it", settings: ["workers": "1"]
        )
    }

    /// Last: a module that shares its connection with the child may be of no use afterwards.
    private static func fork(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let (key, _) = try bench.makeAny(in: session)
        let answers = session.answersAfterFork(bench.worker.slot, key)
        let detail =
            "the child is answered: "
            + answers.map { name, answer in
                "\(name) \(answer.map(\.description) ?? "nothing (it died or hung)")"
            }.joined(separator: ", ")
        let isAlive = (try? session.random(8)) != nil && (try? session.attributes([.keyType], of: key)) != nil
        guard isAlive else {
            return .quirk("\(detail); the parent's session is of no use afterwards. A worker never forks")
        }
        let isUsed = answers.first { $0.function == "C_GetAttributeValue" }?.answer == .ok
        return isUsed
            ? .quirk("\(detail): it has the parent's login. A worker never forks")
            : .pass("\(detail); the parent works on")
    }
}
