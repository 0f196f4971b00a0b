import Glibc
import HSMWorker
import HSMWorkerProtocol
import PKCS11
import SecureMemory

/// What the checks stand on: the token, logged in to, and the objects that they make.
final class Bench {
    let settings: WorkerSettings
    let request: ConformanceRequest
    /// Kept for those checks that have to log in again, and for the processes that they start.
    let pin: SecretBytes
    private let tell: (ConformanceMessage) -> Void
    private(set) var worker: WorkerBench
    /// The token's earlier lives, which are never ended: their sessions' numbers may be somebody else's by now.
    private var past: [WorkerBench] = []
    let objects: ConformanceObjects
    /// What was found out of the token before the checks began.
    private(set) var tuning = Tuning()

    init(
        _ settings: WorkerSettings, _ request: ConformanceRequest, pin: consuming SecretBytes,
        _ tell: @escaping (ConformanceMessage) -> Void
    ) throws {
        self.settings = settings
        self.request = request
        self.tell = tell
        worker = try WorkerBench(settings, pin: pin)
        self.pin = consume pin
        objects = ConformanceObjects(run: request.run)
        objects.slot = worker.slot
    }

    /// How many sessions the bench itself has open: the one that logged in, and one more for the profile that was found.
    static let sessions = 2

    /// A session of the check's own.
    func session() throws(PKCS11Error) -> Session {
        try Session(on: worker.slot)
    }

    func product() throws -> Product {
        Product(try worker.lane(), objects)
    }

    /// Whether the token has the mechanism: some list those by which they make no key.
    func has(_ mechanism: MechanismType) -> Bool {
        worker.mechanisms.contains(mechanism) && !tuning.empty.contains(mechanism)
    }

    /// Whether this process was started by a check of another one.
    var isPartner: Bool { request.partner != nil }

    /// Whether the user does not want to go on. What makes many objects looks at it.
    var isStopped: Bool { Worker.isServerLeaving }

    func progress(_ done: Int, of all: Int) {
        tell(.progress(done: done, of: all))
    }

    /// Ends the module's life and begins another one, with a login of its own. No session of the old one may be open.
    func restart() throws {
        try worker.slot.module.finalize()
        try begin()
    }

    /// Begins a life of the module, which was ended.
    func begin() throws {
        objects.forgetHandles()
        past.append(worker)
        worker = try WorkerBench(settings, pin: pin)
        objects.slot = worker.slot
        try use(tuning.profile(worker.profile))
    }

    func tune() {
        tuning = Tuning(self)
        try? use(tuning.profile(worker.profile))
    }

    private func use(_ profile: HSMProfile) throws {
        past.append(worker)
        worker = try worker.using(profile)
    }

    // MARK: Keys

    /// The recipe of a kind of key, which there always is.
    func recipe(_ spec: String, _ usage: String) throws -> KeyRecipe {
        guard let recipe = KeyRecipe(spec: spec, usage: usage) else { throw Wrong("no key is \(spec) for \(usage)") }
        return recipe
    }

    /// Makes a secret key as the worker does, some attributes changed. A token object is removed after the check.
    func makeKey(
        _ spec: String = "SYMMETRIC_DEFAULT", isToken: Bool = false, changing: [Attribute] = [],
        in session: borrowing Session
    ) throws -> ObjectHandle {
        let usage = spec.hasPrefix("HMAC") ? "GENERATE_VERIFY_MAC" : "ENCRYPT_DECRYPT"
        let recipe = try recipe(spec, usage)
        let id = isToken ? objects.newID() : []
        let template = recipe.generationTemplate(id: id, omitting: worker.profile.omitAttributes)
            .changing([Attribute(.token, isToken)] + changing)
        let key = try session.generateKey(recipe.generation, template)
        if isToken { objects.note(key, id) }
        return key
    }

    /// Makes a pair as the worker does, its public half as a session object where the token makes one.
    func makePair(
        _ spec: String, _ usage: String, isToken: Bool = false, omitting more: [String] = [],
        in session: borrowing Session
    ) throws -> (publicKey: ObjectHandle, privateKey: ObjectHandle) {
        let recipe = try recipe(spec, usage)
        let omitted = worker.profile.omitAttributes + more
        func make(
            _ id: [UInt8], isToken: Bool, isWhole: Bool
        ) throws(PKCS11Error) -> (publicKey: ObjectHandle, privateKey: ObjectHandle) {
            let pair = try session.generateKeyPair(
                recipe.generation,
                publicKey: recipe.publicTemplate(omitting: omitted, isToken: isWhole)
                    + (isWhole ? [Attribute(.id, id)] : []),
                privateKey: recipe.generationTemplate(id: id, omitting: omitted).changing([Attribute(.token, isToken)]))
            if isWhole { objects.note(pair.publicKey, id) }
            if isToken { objects.note(pair.privateKey, id) }
            return pair
        }
        let id = isToken ? objects.newID() : []
        do throws(PKCS11Error) {
            return try make(id, isToken: isToken, isWhole: false)
        } catch {
            guard error.returnValue == .attributeValueInvalid else { throw error }
        }
        // There are tokens on which both halves have to be the token's own, or none.
        return try make(isToken ? id : objects.newID(), isToken: true, isWhole: true)
    }

    /// A secret of known bytes as a session object, or what C_CreateObject threw.
    func knownKey(
        _ bytes: [UInt8], _ type: KeyType, uses: [AttributeType], extractable: Bool = false,
        in session: borrowing Session
    ) throws(PKCS11Error) -> ObjectHandle {
        try session.createObject(
            [
                Attribute(.objectClass, ObjectClass.secretKey.rawValue), Attribute(.keyType, type.rawValue),
                Attribute(.token, false), Attribute(.private, true), Attribute(.sensitive, true),
                Attribute(.extractable, extractable),
            ] + uses.map { Attribute($0, true) }, secretValue: SecretBytes(copying: bytes))
    }

    /// A token object of whatever kind this token makes, the quickest first.
    func makeAny(in session: borrowing Session) throws -> (key: ObjectHandle, id: [UInt8]) {
        if has(.aesKeyGeneration) { return (try makeKey(isToken: true, in: session), objects.lastID) }
        if has(.genericSecretKeyGeneration) {
            return (try makeKey("HMAC_256", isToken: true, in: session), objects.lastID)
        }
        let spec = has(.ecKeyPairGeneration) ? "ECC_NIST_P256" : "RSA_2048"
        let pair = try makePair(spec, "SIGN_VERIFY", isToken: true, in: session)
        let id = objects.lastID
        // As the worker does, so that the id is the private half's alone.
        try objects.destroyOwn(pair.publicKey, in: session)
        return (pair.privateKey, id)
    }

    var encrypts: Bool { has(.aesKeyGeneration) && (has(.aesGCM) || has(.aesCBC)) }
    var authenticates: Bool { has(.genericSecretKeyGeneration) && has(.sha256HMAC) }

    /// A token object for what requests ask for most often: see ``Work/usual(_:_:)``.
    func makeUsual(in session: borrowing Session) throws -> ObjectHandle {
        if encrypts { return try makeKey(isToken: true, in: session) }
        if authenticates { return try makeKey("HMAC_256", isToken: true, in: session) }
        let pair = try makePair(has(.ecdsa) ? "ECC_NIST_P256" : "RSA_2048", "SIGN_VERIFY", isToken: true, in: session)
        try objects.destroyOwn(pair.publicKey, in: session)
        return pair.privateKey
    }

    // MARK: Time

    static var now: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Milliseconds that `body` took, and what it gave.
    static func timed<R>(_ body: () throws -> R) rethrows -> (R, Double) {
        let start = now
        let result = try body()
        return (result, (now - start) * 1000)
    }
}

extension [Attribute] {
    /// With some attributes replaced or added.
    func changing(_ changed: [Attribute]) -> [Attribute] {
        filter { old in !changed.contains { $0.type == old.type } } + changed
    }
}
