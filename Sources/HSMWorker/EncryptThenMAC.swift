import PKCS11
import SecureMemory

/// Encryption with authentication by a token that has no AES-GCM: AES-256-CBC (NIST SP 800-38A), then HMAC-SHA-256
/// (FIPS 198-1) over all of it, with a key each. What it writes is `IV (16) | ciphertext | tag (32)`.
///
/// The padding (PKCS #7: RFC 5652, section 6.3) is made and looked at here, in locked memory: each token has the mode
/// without it, not each gets sizes right with it, and none can tell by an error what it found.
struct EncryptThenMAC {
    static let ivSize = 16
    static let tagSize = 32
    private static let blockSize = 16

    /// The least that a sealing has: IV, a block and tag.
    static let minimumSize = ivSize + blockSize + tagSize

    /// What every MAC begins with, so that nothing else that is made with the key can be taken for one.
    private static let label = Array("strongroom AES-256-CBC HMAC-SHA-256 version 2".utf8)

    let key: ObjectHandle
    let mac: ObjectHandle

    /// How many bytes a plaintext of `count` has when it is sealed.
    static func sealedSize(of count: Int) -> Int {
        ivSize + paddedSize(of: count) + tagSize
    }

    private static func paddedSize(of count: Int) -> Int {
        (count / blockSize + 1) * blockSize
    }

    /// Seals `input` into the beginning of `output`; answers how many bytes were written.
    func seal(
        _ input: RawSpan, aad: RawSpan, in session: borrowing Session, ivs: inout IVPool,
        into output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int {
        let size = Self.paddedSize(of: input.byteCount)
        guard output.byteCount >= Self.sealedSize(of: input.byteCount) else {
            throw PKCS11Error("C_Encrypt", .bufferTooSmall)
        }
        let padded = SecureBuffer(capacity: size)
        padded.append(input)
        for _ in input.byteCount..<size { padded.append(UInt8(truncatingIfNeeded: size - input.byteCount)) }
        var ivRoom = output._mutatingExtracting(first: Self.ivSize)
        try ivs.next(into: &ivRoom, from: session)
        let mechanism = Self.mechanism(iv: ivRoom.bytes)
        var room = output._mutatingExtracting(Self.ivSize..<(Self.ivSize + size))
        let written = try padded.withExposedBytes { (bytes: RawSpan) throws(PKCS11Error) in
            try session.encrypt(bytes, with: key, mechanism, into: &room)
        }
        guard written == size else { throw PKCS11Error("C_Encrypt", .encryptedDataLenRange) }
        let message = Self.message(aad, output.bytes.extracting(first: Self.ivSize + size))
        var tagRoom = output._mutatingExtracting((Self.ivSize + size)..<(Self.ivSize + size + Self.tagSize))
        try authenticate(message, in: session, into: &tagRoom)
        return Self.ivSize + size + Self.tagSize
    }

    /// Opens what ``seal(_:aad:in:ivs:into:)`` made, and answers how many bytes were written; nil for what these keys
    /// did not seal with this AAD. Nothing is decrypted before its tag is right. `output` needs the room of the
    /// ciphertext.
    func open(
        _ sealed: RawSpan, aad: RawSpan, in session: borrowing Session, into output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int? {
        let end = sealed.byteCount - Self.tagSize
        guard sealed.byteCount >= Self.minimumSize, end.isMultiple(of: Self.blockSize) else { return nil }
        var tag: InlineArray<32, UInt8> = .init(repeating: 0)
        var tagSpan = tag.mutableSpan
        var tagRoom = unsafe tagSpan.mutableBytes
        try authenticate(Self.message(aad, sealed.extracting(first: end)), in: session, into: &tagRoom)
        guard ConstantTime.areEqual(tagRoom.bytes, sealed.extracting(droppingFirst: end)) else { return nil }
        let ciphertext = sealed.extracting(Self.ivSize..<end)
        let written = try session.decrypt(
            ciphertext, with: key, Self.mechanism(iv: sealed.extracting(first: Self.ivSize)), into: &output)
        guard written == ciphertext.byteCount else {
            output.wipe()
            throw PKCS11Error("C_Decrypt", .encryptedDataLenRange)
        }
        guard let padding = Self.padding(of: output.bytes.extracting(first: written)) else {
            // The MAC key is the one that sealed it, and the other is not.
            output.wipe()
            return nil
        }
        return written - padding
    }

    /// How many bytes at the end are padding; nil where that is none.
    private static func padding(of plaintext: RawSpan) -> Int? {
        func byte(_ offset: Int) -> UInt8 { unsafe plaintext.unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
        let padding = byte(plaintext.byteCount - 1)
        guard padding > 0, padding <= blockSize else { return nil }
        let isPadding = (1...Int(padding)).allSatisfy { byte(plaintext.byteCount - $0) == padding }
        return isPadding ? Int(padding) : nil
    }

    private static func mechanism(iv: RawSpan) -> Mechanism {
        unsafe Mechanism(.aesCBC, .bytes(iv.withUnsafeBytes { unsafe Array($0) }))
    }

    /// `label | length of the AAD (4) | length of the ciphertext (4) | AAD | IV | ciphertext`: no two triples give the
    /// same bytes. `sealed` is without its tag.
    private static func message(_ aad: RawSpan, _ sealed: RawSpan) -> SecureBuffer {
        let message = SecureBuffer(capacity: label.count + 8 + aad.byteCount + sealed.byteCount)
        message.append(label)
        message.append(bigEndian: UInt32(aad.byteCount))
        message.append(bigEndian: UInt32(sealed.byteCount - ivSize))
        message.append(aad)
        message.append(sealed)
        return message
    }

    private func authenticate(
        _ message: SecureBuffer, in session: borrowing Session, into output: inout MutableRawSpan
    ) throws(PKCS11Error) {
        let written = try message.withExposedBytes { (bytes: RawSpan) throws(PKCS11Error) in
            try session.sign(bytes, with: mac, Mechanism(.sha256HMAC), into: &output)
        }
        guard written == Self.tagSize else { throw PKCS11Error("C_Sign", .dataLenRange) }
    }
}
