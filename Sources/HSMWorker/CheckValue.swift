import HSMWorkerProtocol
import PKCS11
import SecureMemory

/// A key's known answer: this text, sealed with the key at its creation and opened again before its first use in a
/// generation. It proves that the object behind an id is the one that was made, whatever the token says of it.
///
/// Opening, not sealing, so that it also works where the HSM makes the IV, and costs no encryption.
enum CheckValue {
    private static let text = Array("strongroom check value 1".utf8)
    static let size = text.count + AESGCM.overhead

    /// Makes the check value of a new key. It is made twice: an HSM that gives the same answer again uses the same
    /// IV again, and would give its keys away.
    static func make(
        for key: ObjectHandle, id: [UInt8], _ cipher: AESGCM, in session: borrowing Session, ivs: inout IVPool
    ) throws -> [UInt8] {
        let first = try seal(with: key, id: id, cipher, in: session, ivs: &ivs)
        let second = try seal(with: key, id: id, cipher, in: session, ivs: &ivs)
        guard first != second, first.prefix(AESGCM.ivSize) != second.prefix(AESGCM.ivSize) else {
            throw OperationFailure(
                .failed, "the HSM sealed the same text twice with one IV; is the profile's gcmIV right?")
        }
        guard try isRight(first, for: key, id: id, cipher, in: session) else {
            throw OperationFailure(.failed, "the HSM does not open what it sealed; is the profile's gcmIV right?")
        }
        return first
    }

    /// Whether the key opens its check value.
    static func isRight(
        _ value: [UInt8], for key: ObjectHandle, id: [UInt8], _ cipher: AESGCM, in session: borrowing Session
    ) throws(PKCS11Error) -> Bool {
        guard value.count == size else { return false }
        let room = SecureBuffer(capacity: size)
        try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
            try unsafe cipher.open(value.span.bytes, with: key, aad: id.span.bytes, in: session, into: &span)
        }
        return room.withExposedBytes { unsafe ConstantTime.areEqual($0, text.span.bytes) }
    }

    private static func seal(
        with key: ObjectHandle, id: [UInt8], _ cipher: AESGCM, in session: borrowing Session, ivs: inout IVPool
    ) throws(PKCS11Error) -> [UInt8] {
        let room = SecureBuffer(capacity: size)
        try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
            try unsafe cipher.seal(text.span.bytes, with: key, aad: id.span.bytes, in: session, ivs: &ivs, into: &span)
        }
        return room.withExposedBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }
}
