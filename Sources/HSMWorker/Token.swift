import HSMWorkerProtocol
import PKCS11
import SecureMemory
import Synchronization

/// A token that this process has logged in to.
///
/// A process is a generation: when the module has to be initialised anew, the process ends and another one begins
/// with nothing in its cache. So no handle can outlive what it was resolved in.
final class Token: Sendable {
    let slot: Slot
    let profile: HSMProfile
    let info: TokenInfo
    let mechanisms: Set<MechanismType>
    let classes: ReturnValueClasses
    /// When this generation began.
    let start = MonotonicTime.now
    let repairs = Repairs()
    /// Whether the token was seen to make no pair whose public half is a session object.
    let pairsAreWhole = Atomic(false)
    /// When it last did its work with a key made just then.
    private let proof = Atomic(0)
    /// Holds the login and the session copies for life: see there.
    let anchor: Anchor

    init(_ settings: WorkerSettings) throws {
        profile = settings.profile
        classes = try ReturnValueClasses(profile)
        // Before the module is loaded: a PIN command is a process that is started, and none is once a module may have
        // threads and locks.
        let ledger = LoginLedger(settings)
        let pin = try settings.pinSource.read()
        let module = try Self.module(settings)
        slot = try TokenURI(settings.tokenURI).select(in: module)
        info = try slot.tokenInfo()
        guard info.isInitialized else { throw TokenNotReadyError(label: info.label) }
        try Anchor.expectLoginIsSafe(info)
        mechanisms = try slot.mechanisms()
        anchor = try Anchor(slot, info, pin, ledger, Relogin(settings))
    }

    /// The same token and login, used as another profile says: for the checks of conformance.
    init(_ other: Token, using profile: HSMProfile) throws {
        self.profile = profile
        classes = try ReturnValueClasses(profile)
        slot = other.slot
        info = other.info
        mechanisms = other.mechanisms
        anchor = try Anchor(other.slot, other.info, nil, nil, nil)
    }

    /// What the settings' token is, without a login.
    static func examine(_ settings: WorkerSettings) throws -> TokenReport {
        let slot = try TokenURI(settings.tokenURI).select(in: try module(settings))
        let info = try slot.tokenInfo()
        guard info.isInitialized else { throw TokenNotReadyError(label: info.label) }
        let mechanisms = try slot.mechanisms()
        let needed = settings.profile.neededMechanisms(of: mechanisms)
        return TokenReport(
            module: slot.module.description, label: info.label, serial: info.serial, model: info.model,
            manufacturer: info.manufacturer,
            missingMechanisms: needed.filter { !mechanisms.contains($0) }.map(\.description), lanes: 0,
            isMemoryLocked: isSecureMemoryLocked)
    }

    static func module(_ settings: WorkerSettings) throws -> Module {
        do {
            return try Module(path: settings.modulePath, initArguments: settings.profile.initArguments)
        } catch let error as PKCS11Error where error.returnValue == .cryptokiAlreadyInitialized {
            throw ModuleInUseError(module: settings.modulePath)
        }
    }

    /// How many sessions this process may have open; nil where nothing says.
    var sessionBudget: Int? {
        let share = profile.sessionLimit.map { $0 / max(1, profile.workers) }
        return [share, info.maximumSessions].compactMap(\.self).min()
    }

    /// How many lanes there is room for: the anchor takes a session of its own.
    var lanes: Int {
        // A module that does not lock may be called by one thread only.
        guard slot.module.isThreadSafe else { return 1 }
        return max(1, min(profile.lanes, (sessionBudget ?? .max) - 1))
    }

    /// Throws when the budget has no room for the one lane that there has to be.
    func expectRoomForLane() throws(OperatorError) {
        guard let sessionBudget, sessionBudget < 2 else { return }
        let limit = profile.sessionLimit.map { "the profile's sessionLimit \($0) over \(profile.workers) workers" }
        throw OperatorError(
            "a worker needs two sessions, one for the login and one for requests, and there is room for "
                + "\(sessionBudget): \(limit ?? "the token \(info.label) allows no more"); set fewer workers in the "
                + "profile, or raise the limit"
        )
    }

    /// Throws what ends this generation unless the token works: a key that does not fit its check value may be another
    /// key, or the token's failure. Not more often than once in a second: many may ask for one key.
    func prove() throws {
        let last = proof.load(ordering: .relaxed)
        guard last == 0 || MonotonicTime.now - last > MonotonicTime.second else { return }
        do {
            try SelfTest(self).runAgain()
        } catch let error as PKCS11Error where isPassing(error) {
            throw error
        } catch {
            throw OperationFailure(endOfGeneration: "\(error)")
        }
        proof.store(MonotonicTime.now, ordering: .relaxed)
    }

    var report: TokenReport {
        TokenReport(
            module: slot.module.description, label: info.label, serial: info.serial, model: info.model,
            manufacturer: info.manufacturer,
            missingMechanisms: neededMechanisms.filter { !mechanisms.contains($0) }.map(\.description),
            lanes: lanes, isMemoryLocked: isSecureMemoryLocked
        )
    }
}

/// A token that somebody may be setting up just now. No PIN was tried, so looking again is safe.
struct TokenNotReadyError: Error, CustomStringConvertible {
    let label: String

    var description: String { "the token \(label) is not initialised" }
}

/// A process that has just begun, and has a module in it which somebody else initialised.
struct ModuleInUseError: Error, CustomStringConvertible {
    let module: String

    var description: String {
        "the module \(module) says in a new process that it is initialised already: it, or a library that it loads, did "
            + "that by itself; name the vendor's own library in the profile, not a proxy that loads it a second time"
    }
}

/// How often each rung of the repair ladder was taken in this process.
final class Repairs: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    enum Rung: String { case session, login, object }

    func count(_ rung: Rung) { counts.withLock { $0[rung.rawValue, default: 0] += 1 } }

    var all: [String: Int] { counts.withLock { $0 } }
}
