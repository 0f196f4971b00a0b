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

    struct Entry: Sendable {
        /// What operations use: the session copy where the profile wants one, else the token object.
        let handle: ObjectHandle
        let isCopy: Bool
        let template: KeyTemplate
        /// Of an RSA key, most significant byte first; empty for others.
        let modulus: [UInt8]
    }

    private let token: Token
    private struct Known {
        var entries: [ID: Entry] = [:]
        /// How often a key was forgotten.
        var forgotten: UInt64 = 0
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
        let object = try catalogue.withLock { _ throws in
            let object = try find(id, checkValue.template, in: session)
            if let fault = try fault(of: object, id, checkValue, isCopy: false, in: session) {
                throw OperationFailure(.materialMissing, "the object \(id.text) is not the one that was made: \(fault)")
            }
            return object
        }
        guard try checkValue.isRight(for: object, id: id.bytes, token, in: session) else {
            throw OperationFailure(.materialMissing, "the object \(id.text) does not fit its check value: another key")
        }
        let original = entry(object, checkValue, isCopy: false)
        let entry = try copy(object, id, checkValue, in: session) ?? original
        let winner = known.withLock { known in
            // A key was forgotten meanwhile, perhaps destroyed, and perhaps this one: then nothing of it may stay. The
            // object's own handle does for this once; it is dead when the object is.
            guard known.forgotten == before else { return original }
            let winner = known.entries[id] ?? entry
            known.entries[id] = winner
            return winner
        }
        // Or another lane was faster.
        if winner.handle != entry.handle, entry.isCopy { try token.destroyCopy(entry.handle) }
        return winner
    }

    private func entry(_ handle: ObjectHandle, _ checkValue: CheckValue, isCopy: Bool) -> Entry {
        let publicKey = try? PublicKey(subjectPublicKeyInfo: checkValue.publicKey)
        return Entry(
            handle: handle, isCopy: isCopy, template: checkValue.template, modulus: publicKey?.rsaModulus ?? [])
    }

    private func fault(
        of object: ObjectHandle, _ id: ID, _ checkValue: CheckValue, isCopy: Bool, in session: borrowing Session
    ) throws(PKCS11Error) -> String? {
        try checkValue.template.fault(
            of: object, id: id.bytes, isCopy: isCopy, isLocal: checkValue.isLocal, in: session)
    }

    /// Whether the key fits its check value now.
    func fits(_ bytes: [UInt8], _ object: ObjectHandle, _ id: ID, in session: borrowing Session) throws -> Bool {
        guard let checkValue = CheckValue(bytes) else { return false }
        return try checkValue.isRight(for: object, id: id.bytes, token, in: session)
    }

    /// The one object of that id. None or several is not ours to decide on. To be called with the catalogue locked.
    private func find(_ id: ID, _ template: KeyTemplate, in session: borrowing Session) throws -> ObjectHandle {
        let found = try session.findObjects(
            [Attribute(.objectClass, template.objectClass.rawValue), Attribute(.id, id.bytes)])
        guard let object = found.first else {
            throw OperationFailure(.materialMissing, "the token shows no object \(id.text)")
        }
        guard found.count == 1 else {
            throw OperationFailure(.materialMissing, "the token shows \(found.count) objects \(id.text)")
        }
        return object
    }

    /// A session copy where the profile wants one and the token makes it as strong as the original. Of secret keys
    /// only: what private keys do takes so long that a copy saves nothing.
    private func copy(
        _ object: ObjectHandle, _ id: ID, _ checkValue: CheckValue, in session: borrowing Session
    ) throws -> Entry? {
        guard token.profile.sessionCopies, !checkValue.template.isKeyPair else { return nil }
        let copy: ObjectHandle
        do {
            copy = try token.copyIntoAnchor(object, KeyTemplate.copyTemplate)
        } catch {
            return nil
        }
        guard try fault(of: copy, id, checkValue, isCopy: true, in: session) == nil,
            try checkValue.isRight(for: copy, id: id.bytes, token, in: session)
        else {
            try token.destroyCopy(copy)
            return nil
        }
        return entry(copy, checkValue, isCopy: true)
    }

    /// Drops what is held of a key; its session copy is destroyed.
    func forget(_ id: ID) throws(PKCS11Error) {
        let entry = known.withLock { known in
            known.forgotten += 1
            return known.entries.removeValue(forKey: id)
        }
        guard let entry, entry.isCopy else { return }
        try token.destroyCopy(entry.handle)
    }
}

extension KeyCache.ID {
    init(_ cursor: inout FrameCursor) throws(FrameError) {
        high = try cursor.integer()
        low = try cursor.integer()
    }

    var text: String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
