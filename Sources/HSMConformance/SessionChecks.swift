import HSMWorker
import HSMWorkerProtocol
import PKCS11

enum SessionChecks {
    static var all: [Check] {
        [
            Check(
                "sessions.limit", "The token tells how many sessions it allows, or allows enough.",
                concerns: .everything, otherwise: "A worker has no session to work in.", limit),
            Check(
                "sessions.many", "64 sessions are open and used at once, and closing them makes room again.",
                concerns: .everything, otherwise: "A worker has fewer lanes than it could use.", many),
            Check(
                "sessions.read-only", "A read-only session makes no token objects.",
                otherwise: "Nothing: workers open read-write sessions only.", readOnly),
            Check(
                "sessions.open-search", "A search that was not ended blocks its own session and no other.",
                concerns: .everything, otherwise: "One failed request spoils the following ones.", openSearch),
            Check(
                "sessions.open-encryption", "An encryption that was not ended blocks its own session and no other.",
                concerns: .everything, otherwise: "One failed request spoils the following ones.", openEncryption),
            Check(
                "sessions.closed", "A session that was closed is refused.",
                otherwise: "A worker does not notice that a session is gone.", closed),
            Check(
                "sessions.objects", "Session objects end with the session that made them.",
                otherwise: "Objects that a failed import leaves behind fill the token's memory.",
                needs: [.aesKeyGeneration], absence: "", objects),
            Check(
                "sessions.last-closed", "Closing the last session logs out and ends the handles of private objects.",
                otherwise: "A program that ends its sessions is not logged out.", lastClosed),
        ]
    }

    private static func limit(_ bench: Bench) throws -> Outcome {
        let limits = try bench.worker.slot.limits()
        let told = [limits.sessions, limits.readWriteSessions].compactMap(\.self)
        guard let least = told.min() else { return .pass("the token says that there is no limit, or does not say") }
        let measured = [ConformanceMeasurement("sessions allowed", Double(least), "")]
        guard least > 1 else {
            return .fail("the token allows \(least) session, and a worker needs two: one is kept for the login")
        }
        if least <= 16 {
            return .quirk(
                "the token allows \(least) sessions", settings: ["sessionLimit": "\(least)"], measurements: measured)
        }
        return .pass("the token allows \(least) sessions", measurements: measured)
    }

    /// As an optional of a noncopyable does not go into an array.
    private final class Held {
        let session: Session
        init(_ bench: Bench) throws(PKCS11Error) { session = try bench.session() }
    }

    private static func many(_ bench: Bench) throws -> Outcome {
        func open() -> (held: [Held], error: PKCS11Error?) {
            var held: [Held] = []
            do throws(PKCS11Error) {
                for _ in 0..<64 {
                    let fresh = try Held(bench)
                    _ = try fresh.session.random(1)
                    held.append(fresh)
                }
            } catch {
                return (held, error)
            }
            return (held, nil)
        }
        var first = open()
        let count = first.held.count
        first.held = []
        guard let error = first.error else {
            let again = open().held.count
            guard again == 64 else {
                return .quirk("64 sessions the first time, \(again) after they were closed: sessions are lost")
            }
            return .pass("64 sessions, twice")
        }
        let again = open().held.count
        let detail = "\(count) sessions beside those of the login, then \(error); again \(again) once they were closed"
        guard count >= 1, again >= count - 1 else { return .fail(detail) }
        return .quirk(detail, settings: ["sessionLimit": "\(count + Bench.sessions)"])
    }

    private static func readOnly(_ bench: Bench) throws -> Outcome {
        let recipe = try bench.recipe("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        let template = recipe.generationTemplate(
            id: bench.objects.newID(), omitting: bench.worker.profile.omitAttributes)
        do {
            let answer = try bench.worker.slot.answerToCreationReadOnly(recipe.generation, template)
            if answer == .sessionReadOnly { return .pass("C_GenerateKey answers \(answer)") }
            return .quirk("C_GenerateKey answers \(answer) in one; workers open read-write sessions only")
        } catch {
            return .quirk("none can be opened: \(error); workers open read-write sessions only")
        }
    }

    private static func openSearch(_ bench: Bench) throws -> Outcome {
        var session = try bench.session()
        let mine = [Attribute(.label, ConformanceObjects.label)]
        let first = session.beginSearch(mine)
        guard first == .ok else { return .fail("C_FindObjectsInit answers \(first)") }
        let second = session.beginSearch(mine)
        return try outcome(&session, second, bench, "C_FindObjectsInit")
    }

    private static func openEncryption(_ bench: Bench) throws -> Outcome {
        var session = try bench.session()
        let (key, mechanism) = try operation(bench, in: session)
        let first = session.beginSignature(with: key, mechanism)
        guard first == .ok else { return .fail("C_SignInit answers \(first)") }
        let second = session.beginSignature(with: key, mechanism)
        return try outcome(&session, second, bench, "C_SignInit")
    }

    /// A secret key and what it signs with, for a token without AES-GCM too.
    private static func operation(
        _ bench: Bench, in session: borrowing Session
    ) throws -> (ObjectHandle, Mechanism) {
        if bench.has(.sha256HMAC), bench.has(.genericSecretKeyGeneration) {
            return (try bench.makeKey("HMAC_256", in: session), Mechanism(.sha256HMAC))
        }
        if bench.has(.ecdsa) {
            return (try bench.makePair("ECC_NIST_P256", "SIGN_VERIFY", in: session).privateKey, Mechanism(.ecdsa))
        }
        return (try bench.makePair("RSA_2048", "SIGN_VERIFY", in: session).privateKey, Mechanism(.rsaPKCS1))
    }

    private static func outcome(
        _ session: inout Session, _ second: ReturnValue, _ bench: Bench, _ function: String
    ) throws -> Outcome {
        let other = try bench.session()
        _ = try other.findObjects([Attribute(.label, ConformanceObjects.label)], limit: 1)
        session.abandon()
        let fresh = try bench.session()
        _ = try fresh.findObjects([Attribute(.label, ConformanceObjects.label)], limit: 1)
        let detail = "another \(function) answers \(second); other sessions work, and so does the next one"
        return second == .operationActive || second == .ok ? .pass(detail) : .quirk(detail)
    }

    private static func closed(_ bench: Bench) throws -> Outcome {
        var session = try bench.session()
        let answers = session.answersAfterClose().sorted { $0.key < $1.key }
        let detail = answers.map { "\($0.key) answers \($0.value)" }.joined(separator: ", ")
        let isRefused = answers.allSatisfy { [.sessionHandleInvalid, .sessionClosed].contains($0.value) }
        return isRefused ? .pass(detail) : .quirk("\(detail): a worker never uses a session that it closed")
    }

    private static func objects(_ bench: Bench) throws -> Outcome {
        var session = try bench.session()
        let other = try bench.session()
        let key = try bench.makeKey(in: session)
        let isShared = (try? other.attributes([.keyType], of: key)[.keyType]?.number) != nil
        session.abandon()
        let isLeft = (try? other.attributes([.keyType], of: key)[.keyType]?.number) != nil
        let sharing = isShared ? "other sessions can use them" : "other sessions cannot use them"
        guard !isLeft else { return .quirk("they are still there when it is closed; a worker destroys its own") }
        return isShared
            ? .pass(sharing)
            : .quirk("\(sharing): session copies of keys are out of the question", settings: ["sessionCopies": "false"])
    }

    private static func lastClosed(_ bench: Bench) throws -> Outcome {
        let key: ObjectHandle
        do {
            let session = try bench.session()
            key = try bench.makeAny(in: session).key
        }
        try bench.worker.slot.closeAllSessions()
        let detail: String
        let isLoggedOut: Bool
        do {
            let session = try bench.session()
            isLoggedOut = try !session.isUsers()
            let isDead = (try? session.attributes([.keyType], of: key)[.keyType]?.number) == nil
            let login = session.answerToLogin(pin: bench.pin)
            let isDeadAfterwards = (try? session.attributes([.keyType], of: key)[.keyType]?.number) == nil
            detail =
                "the login is \(isLoggedOut ? "gone" : "still there"); the object's handle is "
                + "\(isDead ? "dead" : "alive") and, after C_Login answered \(login), "
                + (isDeadAfterwards ? "dead" : "alive")
        }
        // The sessions of this life are lost, the one that is kept for the login too.
        try bench.restart()
        return isLoggedOut ? .pass(detail) : .quirk("\(detail); workers hold a session for life")
    }
}
