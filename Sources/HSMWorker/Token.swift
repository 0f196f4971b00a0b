import HSMWorkerProtocol
import PKCS11
import SecureMemory

/// A token that this process has logged in to, once, for its life.
///
/// A process is a generation: when the module has to be initialised anew, the process ends and another one begins
/// with nothing in its cache. So no handle can outlive what it was resolved in.
final class Token: Sendable {
    let slot: Slot
    let profile: HSMProfile
    let info: TokenInfo
    let mechanisms: Set<MechanismType>
    /// Held for life: closing the last session would log out, and kill every handle and session copy.
    private let anchor: Anchor

    private struct Anchor: ~Copyable, Sendable {
        let session: Session
    }

    /// What the key store cannot do without.
    static let neededMechanisms: [MechanismType] = [.aesKeyGeneration, .aesGCM]

    init(_ settings: WorkerSettings) throws {
        profile = settings.profile
        let module = try Module(path: settings.modulePath, initArguments: settings.profile.initArguments)
        slot = try TokenURI(settings.tokenURI).select(in: module)
        info = try slot.tokenInfo()
        guard info.isInitialized else { throw TokenNotReadyError(label: info.label) }
        guard !info.isUserPINLocked else {
            throw OperatorError(
                "the user PIN of the token \(info.label) is locked; the security officer can set a new one")
        }
        guard !info.isUserPINFinalTry else {
            throw OperatorError(
                "one more wrong PIN would lock the token \(info.label), so no login is tried; log in once by hand with "
                    + "the right PIN, then start again"
            )
        }
        mechanisms = try slot.mechanisms()
        let session = try Session(on: slot)
        do {
            try session.login(pin: settings.pinSource.read())
        } catch let error as PKCS11Error where Self.pinErrors.contains(error.returnValue) {
            throw OperatorError("the token \(info.label) refused the PIN: \(error); no other login is tried with it")
        }
        anchor = Anchor(session: session)
    }

    private static let pinErrors: Set<ReturnValue> = [
        .pinIncorrect, .pinInvalid, .pinLenRange, .pinExpired, .pinLocked,
    ]

    /// How many lanes there is room for: the anchor takes a session of its own.
    var lanes: Int {
        let limits = [profile.sessionLimit, info.maximumSessions].compactMap(\.self)
        return max(1, min(profile.lanes, (limits.min() ?? .max) - 1))
    }

    var report: TokenReport {
        TokenReport(
            module: slot.module.description, label: info.label, serial: info.serial, model: info.model,
            manufacturer: info.manufacturer,
            missingMechanisms: Self.neededMechanisms.filter { !mechanisms.contains($0) }.map(\.description),
            lanes: lanes, isMemoryLocked: isSecureMemoryLocked
        )
    }

    /// A session copy of `original`. It belongs to the anchor session, so it lives as long as the process.
    func copyIntoAnchor(_ original: ObjectHandle, _ template: [Attribute]) throws(PKCS11Error) -> ObjectHandle {
        try anchor.session.copyObject(original, template)
    }

    func destroyCopy(_ copy: ObjectHandle) throws(PKCS11Error) {
        try anchor.session.destroyObject(copy)
    }
}

/// A token that somebody may be setting up just now. No PIN was tried, so looking again is safe.
struct TokenNotReadyError: Error, CustomStringConvertible {
    let label: String

    var description: String { "the token \(label) is not initialised" }
}
