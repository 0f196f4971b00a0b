import Glibc
import HSMWorkerProtocol
import LibCrypto
import PKCS11
import Synchronization

/// The keys that have been found and verified in this generation, by PKCS#11 id. Requests never search the token.
final class KeyCache: Sendable {
    /// A PKCS#11 id of ours: 16 bytes.
    struct ID: Hashable, Sendable {
        let high: UInt64
        let low: UInt64

        var bytes: [UInt8] {
            [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - $0 * 8)) } }
        }
    }

    /// A class, so that whoever uses a key holds it: its session copy is destroyed when nobody does any more. A token
    /// may give the copy's number to another key the moment after.
    final class Entry: Sendable {
        /// What operations use: the session copy where the profile wants one, else the token object.
        let handle: ObjectHandle
        /// The token object.
        let original: ObjectHandle
        let template: KeyTemplate
        /// Of an RSA key, most significant byte first; empty for others.
        let modulus: [UInt8]
        /// The anchor, and which of its sessions the copy belongs to; nil without a copy.
        private let copied: (anchor: Anchor, session: Int)?
        /// The HMAC key of one that encrypts, then authenticates; a copy where the other is.
        let mac: Entry?
        /// What the token object's own id is, where it is not ours.
        let foreignID: [UInt8]?

        var isCopy: Bool { copied != nil }

        init(
            _ handle: ObjectHandle, original: ObjectHandle, _ checkValue: CheckValue,
            copied: (anchor: Anchor, session: Int)? = nil, mac: Entry? = nil, foreignID: [UInt8]? = nil
        ) {
            self.handle = handle
            self.mac = mac
            self.foreignID = foreignID
            self.original = original
            template = checkValue.template
            modulus = (try? PublicKey(subjectPublicKeyInfo: checkValue.publicKey))?.rsaModulus ?? []
            self.copied = copied
        }

        deinit {
            copied.map { $0.anchor.destroyCopy(handle, of: $0.session) }
        }
    }

    private let token: Token
    fileprivate struct Known {
        var entries: [ID: Entry] = [:]
        /// How often a key was forgotten.
        var forgotten: UInt64 = 0
        /// No copies are made before this time: the token's memory is short.
        var copiesFrom = 0
    }

    private let known = Mutex(Known())
    /// Searches of the token exclude creations and destructions, and each other: some tokens show a search half-made
    /// objects, or fail both. This is the one lock that is held across PKCS#11 calls, because that is its purpose.
    let catalogue = Mutex(())

    init(_ token: Token) {
        self.token = token
    }

    func entry(_ id: ID) -> Entry? {
        known.withLock { $0.entries[id] }
    }

    /// Finds a key, verifies that it is the one that was made, and remembers it.
    func resolve(_ id: ID, checkValue bytes: [UInt8], in session: borrowing Session) throws -> Entry {
        if let known = entry(id) { return known }
        let before = known.withLock { $0.forgotten }
        guard let checkValue = CheckValue(bytes) else {
            throw OperationFailure(.materialMissing, "the check value of \(id.text) is none that a worker made")
        }
        let original = try catalogue.withLock { _ throws in
            let original = try find(id, checkValue, in: session)
            if let fault = try fault(of: original, id, checkValue, in: session) {
                throw OperationFailure(.materialMissing, "the object \(id.text) is not the one that was made: \(fault)")
            }
            return original
        }
        guard try fits(checkValue, original, id, in: session) else {
            try token.prove()
            var failure = OperationFailure(
                .materialMissing, "the object \(id.text) does not fit its check value: another key")
            failure.isDoubtful = true
            throw failure
        }
        let entry = try copy(original, id, checkValue, in: session) ?? original
        return known.withLock { known in
            // A key was forgotten meanwhile, perhaps destroyed, and perhaps this one: then nothing of it may stay. The
            // object's own handle does for this once; it is dead when the object is.
            guard known.forgotten == before else { return original }
            // Or another lane was faster.
            let winner = known.entries[id] ?? entry
            known.entries[id] = winner
            return winner
        }
    }

    private func fault(
        of entry: Entry, _ id: ID, _ checkValue: CheckValue, in session: borrowing Session
    ) throws(PKCS11Error) -> String? {
        if checkValue.place != nil { return try AdoptedKey.fault(of: entry.handle, in: session) }
        let template = checkValue.template
        let fault = try template.fault(
            of: entry.handle, id: id.bytes, isCopy: entry.isCopy, isLocal: checkValue.isLocal, in: session)
        if let fault { return fault }
        guard let companion = template.companion, let mac = entry.mac else { return nil }
        return try companion.fault(
            of: mac.handle, id: id.bytes, isCopy: mac.isCopy, isLocal: checkValue.isLocal, in: session
        ).map { "of its HMAC key, \($0)" }
    }

    /// Whether the key fits its check value now.
    func fits(_ bytes: [UInt8], _ entry: Entry, _ id: ID, in session: borrowing Session) throws -> Bool {
        guard let checkValue = CheckValue(bytes) else { return false }
        if try fits(checkValue, entry, id, in: session) { return true }
        try token.prove()
        return false
    }

    private func fits(
        _ checkValue: CheckValue, _ entry: Entry, _ id: ID, in session: borrowing Session
    ) throws -> Bool {
        try checkValue.isRight(for: entry.handle, mac: entry.mac?.handle, id: id.bytes, token, in: session)
    }

    /// The one object of that id, with its HMAC key where it is to have one. None or several is not ours to decide on.
    /// To be called with the catalogue locked.
    private func find(_ id: ID, _ checkValue: CheckValue, in session: borrowing Session) throws -> Entry {
        let template = checkValue.template
        // Before the search and after it: another lane may log in again between a search and a look.
        try expectLogin(in: session)
        if let place = checkValue.place { return try find(id, at: place, checkValue, in: session) }
        let found = try session.findObjects(
            [Attribute(.objectClass, template.objectClass.rawValue), Attribute(.id, id.bytes)])
        guard let object = found.first else { throw try absence(of: id, in: session) }
        guard found.count == template.objectCount else {
            let wanted = template.objectCount == 1 ? "" : " instead of \(template.objectCount)"
            throw OperationFailure(.materialMissing, "the token shows \(found.count) objects \(id.text)\(wanted)")
        }
        guard template.companion != nil else { return Entry(object, original: object, checkValue) }
        // Which is which, the key type tells; that there is one of each, the look at their attributes.
        let isFirst = try session.attributes([.keyType], of: object)[.keyType]?.number == template.keyType.rawValue
        let (key, mac) = isFirst ? (object, found[1]) : (found[1], object)
        return Entry(key, original: key, checkValue, mac: Entry(mac, original: mac, checkValue))
    }

    /// The same of a key that its owner keeps under a name of its own.
    private func find(
        _ id: ID, at place: AdoptedPlace, _ checkValue: CheckValue, in session: borrowing Session
    ) throws -> Entry {
        let found = try AdoptedKey.find(place, in: session)
        guard let object = found.first else { throw try absence(of: id, in: session) }
        guard found.count == 1 else {
            throw OperationFailure(.materialMissing, "the token shows several objects where \(id.text) was adopted")
        }
        let ownID = try session.attributes([.id], of: object)[.id]?.bytes ?? []
        return Entry(object, original: object, checkValue, foreignID: ownID)
    }

    /// What it means that the token shows no object of that id. Never that it was destroyed.
    private func absence(of id: ID, in session: borrowing Session) throws -> any Error {
        try expectLogin(in: session)
        try expectObjects(in: session)
        return OperationFailure(.materialMissing, "the token shows no object \(id.text)")
    }

    /// Throws when the login is gone: private objects are then not shown, which looks as if there were none.
    func expectLogin(in session: borrowing Session) throws(PKCS11Error) {
        guard token.info.isLoginRequired else { return }
        guard try session.isLoggedIn() else { throw PKCS11Error("C_FindObjects", .userNotLoggedIn) }
    }

    /// Throws when the token shows not one object of ours. One whose store was taken away may go on to answer like
    /// that, also when the store is back, and only a new generation sees it. One that has just begun has seen it.
    private func expectObjects(in session: borrowing Session) throws {
        guard MonotonicTime.now - token.start > 2 * MonotonicTime.second else { return }
        guard try session.findObjects(KeyTemplate.labelling.withLock { $0 }.search, limit: 16).isEmpty else { return }
        throw OperationFailure(endOfGeneration: "the token shows no object at all any more")
    }

    /// A session copy where the profile wants one and the token makes it as strong as the original. Of secret keys
    /// only: what private keys do takes so long that a copy saves nothing.
    private func copy(
        _ original: Entry, _ id: ID, _ checkValue: CheckValue, in session: borrowing Session
    ) throws -> Entry? {
        // What its owner made of an adopted key, whether it may be copied at all, is not ours to rely on.
        guard token.profile.sessionCopies, !checkValue.template.isKeyPair, checkValue.place == nil, areCopiesMade
        else { return nil }
        let entry: Entry
        do {
            // While it is being made, the copy may show as a second object of the id.
            entry = try catalogue.withLock { _ throws(PKCS11Error) in try copy(original, checkValue) }
        } catch {
            if token.failureClass(of: error) == .capacity { dropCopies() }
            return nil
        }
        guard try fault(of: entry, id, checkValue, in: session) == nil, try fits(checkValue, entry, id, in: session)
        else { return nil }
        return entry
    }

    private func copy(_ original: Entry, _ checkValue: CheckValue) throws(PKCS11Error) -> Entry {
        var mac: Entry?
        if let original = original.mac { mac = try copy(original, checkValue) }
        let (copy, number) = try token.anchor.copy(original.handle, KeyTemplate.copyTemplate, token.classes)
        return Entry(copy, original: original.handle, checkValue, copied: (token.anchor, number), mac: mac)
    }

    // MARK: Giving up

    /// Drops what is held of a key; its session copy is destroyed once no lane uses it.
    func forget(_ id: ID) {
        _ = remove(id)
    }

    private func remove(_ id: ID) -> Entry? {
        known.withLock { known in
            known.forgotten += 1
            return known.entries.removeValue(forKey: id)
        }
    }

    /// Drops what is held of a key whose object is about to be destroyed, and waits until no lane uses it: the token
    /// may give the object's handle to another one. Not for long: what a lane is at then takes its time with other
    /// things, as making a key pair does.
    func forgetBeforeDestruction(_ id: ID) {
        guard var entry = remove(id) else { return }
        let end = MonotonicTime.now + MonotonicTime.second
        while !isKnownUniquelyReferenced(&entry), MonotonicTime.now < end { usleep(200) }
    }

    private var areCopiesMade: Bool {
        known.withLock { $0.copiesFrom == 0 }
    }

    /// Gives the session copies up, for a minute: the token's memory is short. Answers whether there were any.
    @discardableResult func dropCopies() -> Bool {
        let dropped = known.withLock { known in
            known.copiesFrom = MonotonicTime.now + 60 * MonotonicTime.second
            return known.takeCopies()
        }
        return !dropped.isEmpty
    }

    /// After the anchor's session died, and the copies with it; or when it is time for copies again. All keys are looked
    /// up anew.
    private func forgetAll() {
        _ = known.withLock { known -> [ID: Entry] in
            known.copiesFrom = 0
            known.forgotten += 1
            defer { known.entries = [:] }
            return known.entries
        }
    }

    // MARK: Repair

    /// Logs in once more, unless another lane has done that since there were `seen` logins.
    func logInAgain(since seen: Int) throws {
        try token.anchor.logInAgain(since: seen)
        token.repairs.count(.login)
    }

    /// What is to be done from time to time, by whichever lane finds that it is due.
    func keepHouse() throws {
        let isTimeForCopies = known.withLock { $0.copiesFrom != 0 && MonotonicTime.now > $0.copiesFrom }
        if isTimeForCopies { forgetAll() }
        if try token.anchor.keepAlive(token.classes) {
            token.repairs.count(.session)
            forgetAll()
        }
    }

    /// Looks at one key in use, so that an object which is gone shows before a request meets it.
    func checkOne(in session: borrowing Session) throws {
        guard let (id, entry) = known.withLock({ $0.entries.randomElement() }) else { return }
        do {
            let found = try session.attributes([.id], of: entry.original)[.id]?.bytes
            if found == entry.foreignID ?? id.bytes { return }
        } catch let error where token.failureClass(of: error) != .object {
            throw error
        } catch {}
        // Destroyed by another process, or the token's store is gone.
        forget(id)
        token.repairs.count(.object)
        try catalogue.withLock { _ throws in try expectObjects(in: session) }
    }

    /// How many keys are resolved, and how many of them as copies.
    var counts: (keys: Int, copies: Int) {
        known.withLock { known in (known.entries.count, known.entries.values.count { $0.isCopy }) }
    }
}

extension KeyCache.Known {
    /// Takes the copies out. They are destroyed where the answer ends: not while this is locked.
    fileprivate mutating func takeCopies() -> [KeyCache.Entry] {
        let copies = entries.filter(\.value.isCopy)
        entries = entries.filter { !$0.value.isCopy }
        forgotten += 1
        return Array(copies.values)
    }
}

extension KeyCache.ID {
    init(_ cursor: inout FrameCursor) throws(FrameError) {
        high = try cursor.integer()
        low = try cursor.integer()
    }

    var text: String { bytes.map(\.hexadecimal).joined() }
}
