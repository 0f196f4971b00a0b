import HSMWorkerProtocol
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
    func resolve(_ id: ID, checkValue: [UInt8], in session: borrowing Session) throws -> Entry {
        if let known = entry(id) { return known }
        let before = known.withLock { $0.forgotten }
        guard let template = KeyTemplate.all["SYMMETRIC_DEFAULT"] else {
            throw OperationFailure(.unsupported, "no template for SYMMETRIC_DEFAULT")
        }
        let object = try catalogue.withLock { _ throws in
            let object = try find(id, in: session)
            if let fault = try template.fault(of: object, id: id.bytes, isCopy: false, in: session) {
                throw OperationFailure(.materialMissing, "the object \(id.text) is not the one that was made: \(fault)")
            }
            return object
        }
        let isRight = try opens(checkValue, object, id, in: session)
        guard isRight else {
            throw OperationFailure(.materialMissing, "the object \(id.text) does not open its check value: another key")
        }
        let entry = try copy(object, id, checkValue, template, in: session) ?? Entry(handle: object, isCopy: false)
        let winner = known.withLock { known in
            // A key was forgotten meanwhile, perhaps destroyed, and perhaps this one: then nothing of it may stay. The
            // object's own handle does for this once; it is dead when the object is.
            guard known.forgotten == before else { return Entry(handle: object, isCopy: false) }
            let winner = known.entries[id] ?? entry
            known.entries[id] = winner
            return winner
        }
        // Or another lane was faster.
        if winner.handle != entry.handle, entry.isCopy { try token.destroyCopy(entry.handle) }
        return winner
    }

    /// Whether the key opens its check value now.
    func opens(
        _ checkValue: [UInt8], _ object: ObjectHandle, _ id: ID, in session: borrowing Session
    ) throws(PKCS11Error) -> Bool {
        do {
            return try CheckValue.isRight(checkValue, for: object, id: id.bytes, AESGCM(token.profile), in: session)
        } catch {
            guard token.profile.decryptFailureCodes.contains(error.returnValue.rawValue) else { throw error }
            return false
        }
    }

    /// The one object of that id. None or several is not ours to decide on. To be called with the catalogue locked.
    private func find(_ id: ID, in session: borrowing Session) throws -> ObjectHandle {
        let found = try session.findObjects(
            [Attribute(.objectClass, ObjectClass.secretKey.rawValue), Attribute(.id, id.bytes)])
        guard let object = found.first else {
            throw OperationFailure(.materialMissing, "the token shows no object \(id.text)")
        }
        guard found.count == 1 else {
            throw OperationFailure(.materialMissing, "the token shows \(found.count) objects \(id.text)")
        }
        return object
    }

    /// A session copy where the profile wants one and the token makes it as strong as the original.
    private func copy(
        _ object: ObjectHandle, _ id: ID, _ checkValue: [UInt8], _ template: KeyTemplate, in session: borrowing Session
    ) throws(PKCS11Error) -> Entry? {
        guard token.profile.sessionCopies else { return nil }
        let copy: ObjectHandle
        do {
            copy = try token.copyIntoAnchor(object, KeyTemplate.copyTemplate)
        } catch {
            return nil
        }
        guard try template.fault(of: copy, id: id.bytes, isCopy: true, in: session) == nil,
            try CheckValue.isRight(checkValue, for: copy, id: id.bytes, AESGCM(token.profile), in: session)
        else {
            try token.destroyCopy(copy)
            return nil
        }
        return Entry(handle: copy, isCopy: true)
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
