import HSMWorker
import HSMWorkerProtocol
import PKCS11

enum InitializationChecks {
    static var all: [Check] {
        [
            Check(
                "initialization.os-locking", "C_Initialize takes OS locking: several threads may use the module.",
                concerns: .everything, otherwise: "The module cannot be used by a server.", locking),
            Check(
                "initialization.twice", "A second C_Initialize in one process is told from the first.",
                otherwise: "Programs that share the module in one process disturb each other.", twice),
            Check(
                "initialization.token", "The token has a serial number, by which it is chosen, and is initialised.",
                concerns: .everything, otherwise: "The key store cannot tell this token from another one.", token),
            Check(
                "initialization.mechanisms", "The list of mechanisms is the same whenever it is asked for.",
                otherwise: "What the token can do cannot be told.", mechanisms),
            Check(
                "initialization.again", "After C_Finalize the module can be initialised and used anew.",
                otherwise: "After a loss of the token the worker process is replaced, which it is in any case.", again),
            Check(
                "initialization.stale-handles", "Object handles of an earlier life of the module are dead.",
                otherwise: "A handle that is kept over C_Finalize reaches another key.", staleHandles),
        ]
    }

    private static func locking(_ bench: Bench) -> Outcome {
        let module = bench.worker.slot.module
        guard module.isThreadSafe else {
            return .quirk(
                "C_Initialize answers \(ReturnValue.cantLock) to OS locking; one thread at a time may use it",
                settings: ["lanes": "1"])
        }
        return .pass(module.description)
    }

    private static func twice(_ bench: Bench) -> Outcome {
        let answer = bench.worker.slot.module.answerToInitialize()
        let detail = "C_Initialize answers \(answer)"
        if answer == .cryptokiAlreadyInitialized { return .pass(detail) }
        return .quirk("\(detail); a worker initialises once, so nothing depends on it")
    }

    private static func token(_ bench: Bench) throws -> Outcome {
        let info = bench.worker.info
        let slots = try bench.worker.slot.module.slotsWithToken()
        let limits = try bench.worker.slot.limits()
        let detail = "label \(info.label), serial \(info.serial), model \(info.model), one of \(slots.count) tokens"
        guard info.isInitialized, info.isUserPINInitialized else {
            return .fail("\(detail): it has not been initialised with a user PIN")
        }
        guard !limits.isWriteProtected else { return .fail("\(detail): it is write-protected") }
        let twins = try slots.filter { try $0.tokenInfo().label == info.label }.count
        guard twins == 1 else {
            return .quirk("\(detail); \(twins) have this label: name the token by its serial number too")
        }
        return info.serial.isEmpty
            ? .quirk("\(detail); it has no serial number: its label has to be unique") : .pass(detail)
    }

    private static func mechanisms(_ bench: Bench) throws -> Outcome {
        let again = try bench.worker.slot.mechanisms()
        guard again == bench.worker.mechanisms else {
            return .fail("\(bench.worker.mechanisms.count) mechanisms at first, \(again.count) now")
        }
        return .pass("\(again.count) mechanisms")
    }

    private static func again(_ bench: Bench) throws -> Outcome {
        let id: [UInt8]
        do {
            let session = try bench.session()
            let key = try bench.makeAny(in: session).key
            id = try session.attributes([.id], of: key)[.id]?.bytes ?? []
        }
        let (_, milliseconds) = try Bench.timed { try bench.restart() }
        let session = try bench.session()
        let found = try session.findObjects([Attribute(.id, id)])
        let time = ConformanceMeasurement("C_Finalize, C_Initialize and C_Login", milliseconds, "ms")
        guard found.count == 1 else {
            return .fail(
                "the object that was made before is found \(found.count) times",
                consequence: "What was made in an earlier life of the module may not be found in the next.")
        }
        return .pass("in \(Int(milliseconds)) ms, and the object is found again", measurements: [time])
    }

    private static func staleHandles(_ bench: Bench) throws -> Outcome {
        let stale: ObjectHandle
        var iv: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
        let firstID: [UInt8]
        let secondID: [UInt8]
        do {
            let session = try bench.session()
            let first = try bench.makeAny(in: session).key
            let second = try bench.makeAny(in: session).key
            firstID = try session.attributes([.id], of: first)[.id]?.bytes ?? []
            secondID = try session.attributes([.id], of: second)[.id]?.bytes ?? []
        }
        // A life in which only the first key was found, and one in which only the second was.
        try bench.restart()
        do {
            let session = try bench.session()
            guard let found = try session.findObjects([Attribute(.id, firstID)]).first else {
                return .fail("the object is not found")
            }
            stale = found
        }
        try bench.restart()
        let session = try bench.session()
        let other = try session.findObjects([Attribute(.id, secondID)]).first
        guard let found = try? session.attributes([.id], of: stale)[.id]?.bytes else {
            return .pass("an old handle is refused")
        }
        if found == firstID { return .pass("an old handle is the same object's still") }
        let isUsable = bench.has(.aesGCM) && (try? session.sealGCM([1], stale, iv: &iv)) != nil
        return .quirk(
            "the old handle of one key is that of another now\(other == stale ? ", the next that was found" : "")"
                + "\(isUsable ? ", and encrypts with it" : ""): workers keep no handle over an initialisation")
    }
}
