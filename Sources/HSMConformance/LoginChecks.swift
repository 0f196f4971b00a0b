import HSMWorker
import HSMWorkerProtocol
import PKCS11

enum LoginChecks {
    static var all: [Check] {
        [
            Check(
                "login.required", "Keys can only be used after a login.", concerns: .everything,
                otherwise: "Every program that can load the module can use every key.", required),
            Check(
                "login.pin-state", "The user PIN is neither locked nor about to be.", concerns: .everything,
                otherwise: "The next wrong PIN locks the token.", pinState),
            Check(
                "login.state", "A session opened after the login is the user's, without a login of its own.",
                concerns: .everything, otherwise: "Every session has to log in by itself.", state),
            Check(
                "login.twice", "A second C_Login with the same PIN is told from the first.",
                otherwise: "A worker cannot tell whether it is logged in.", twice),
            Check(
                "login.private-objects", "Private objects cannot be seen or used without a login.",
                concerns: .everything, otherwise: "Every program that can load the module can use every key.",
                privateObjects),
        ]
    }

    private static func required(_ bench: Bench) -> Outcome {
        bench.worker.info.isLoginRequired
            ? .pass("the token requires a login")
            : .fail("the token says that it requires no login")
    }

    private static func pinState(_ bench: Bench) throws -> Outcome {
        let info = try bench.worker.slot.tokenInfo()
        let limits = try bench.worker.slot.limits()
        guard !info.isUserPINLocked, !info.isUserPINFinalTry else {
            return .fail("the user PIN is locked or about to be")
        }
        if limits.hasPINPad {
            return .quirk("the token has a PIN entry of its own; the key store logs in with a PIN from its PIN source")
        }
        return limits.isPINCountLow
            ? .quirk("a wrong PIN was tried since the last right one, which the token tells")
            : .pass("no wrong PIN was tried since the last right one; none was tried here either")
    }

    private static func state(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        guard try session.isUsers() else { return .fail("C_GetSessionInfo does not say that the user is logged in") }
        return .pass("C_GetSessionInfo tells the user's state")
    }

    private static func twice(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let answer = session.answerToLogin(pin: bench.pin)
        if answer == .userAlreadyLoggedIn { return .pass("C_Login answers \(answer)") }
        return answer == .ok
            ? .quirk("C_Login answers \(answer) again: a worker logs in once, so nothing depends on it")
            : .fail("C_Login answers \(answer)")
    }

    private static func privateObjects(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let key = try bench.makeAny(in: session).key
        let id = try session.attributes([.id], of: key)[.id]?.bytes ?? []
        try session.logout()
        let seen = (try? session.findObjects([Attribute(.id, id)]).count) ?? 0
        var iv = [UInt8](repeating: 5, count: 12)
        let isUsed = bench.has(.aesGCM) && (try? session.sealGCM([1], key, iv: &iv)) != nil
        // The old session may be stuck in what was refused.
        let fresh = try bench.session()
        let (_, milliseconds) = try Bench.timed { try fresh.login(pin: bench.pin) }
        bench.objects.forgetHandles()
        guard seen == 0, !isUsed else {
            return .fail("without a login \(seen == 0 ? "a handle works" : "\(seen) private objects are found")")
        }
        let found = try fresh.findObjects([Attribute(.id, id)]).count
        guard found == 1 else { return .fail("after a new login the object is found \(found) times") }
        return .pass(
            "none is found after C_Logout, and its handle is dead",
            measurements: [ConformanceMeasurement("C_Login", milliseconds, "ms")])
    }
}
