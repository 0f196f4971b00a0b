/// A symmetric ciphertext as callers keep it. Self-describing, and readable for ever: `docs/ciphertext-format.md` is
/// its specification.
///
/// ```
/// offset  size
/// 0       1     format version: a CiphertextFormat
/// 1       1     form of the key id: 0 = UUID, 1 = multi-Region (mrk-)
/// 2       16    key id
/// 18      4     key material number, most significant byte first, from 1
/// 22      4     CRC-32 of bytes 0 to 21
///
/// version 1:
/// 26      12    IV
/// 38      n     AES-256-GCM ciphertext, as long as the plaintext
/// 38 + n  16    tag
///
/// version 2:
/// 26      16    IV
/// 42      n     AES-256-CBC ciphertext: the plaintext and 1 to 16 bytes of padding
/// 42 + n  32    tag: HMAC-SHA-256
///
/// version 3:
/// 26      n     one of the others from the IV on, sealed once more by an XKS proxy: a DoubleSealing
/// ```
public struct CiphertextBlob: Hashable, Sendable {
    /// The bytes before the IV, and the first part of what is authenticated.
    package static let headerSize = 26

    /// How many bytes a ciphertext may have at the most: what AWS's API takes.
    package static let maximumSize = 6144

    public enum Content: Hashable, Sendable {
        case sealed(SealedBytes)
        case double(DoubleSealing)
    }

    public let keyID: KeyID
    public let materialNumber: UInt32
    public let format: CiphertextFormat
    public let content: Content

    /// Reads a ciphertext. Anything that was not written by ``encode(header:_:)`` is `invalidCiphertext`; the
    /// checksum makes sure that a damaged key id is not taken for another key's.
    public init(decoding bytes: [UInt8]) throws(KMSError) {
        guard bytes.count <= Self.maximumSize, bytes.count > Self.headerSize,
            let format = CiphertextFormat(rawValue: bytes[0]), bytes[1] <= 1,
            CRC32.checksum(bytes[0..<22]) == UInt32(bigEndianBytes: bytes[22..<26]),
            let content = format.content(bytes[Self.headerSize...])
        else { throw .invalidCiphertext }
        self.format = format
        self.content = content
        keyID = KeyID(
            high: UInt64(bigEndianBytes: bytes[2..<10]),
            low: UInt64(bigEndianBytes: bytes[10..<18]),
            isMultiRegion: bytes[1] == 1
        )
        materialNumber = UInt32(bigEndianBytes: bytes[18..<22])
    }

    /// The header of every ciphertext of one key material.
    public static func header(keyID: KeyID, materialNumber: UInt32, format: CiphertextFormat) -> [UInt8] {
        var header: [UInt8] = [format.rawValue, keyID.isMultiRegion ? 1 : 0]
        header += keyID.bytes
        header += materialNumber.bigEndianBytes
        header += CRC32.checksum(header).bigEndianBytes
        return header
    }

    /// What is authenticated besides the plaintext: the header and the encryption context.
    package static func authenticatedData(header: [UInt8], context: EncryptionContext) -> [UInt8] {
        header + context.canonicalBytes
    }

    public static func encode(header: [UInt8], _ content: Content) -> [UInt8] {
        switch content {
        case .sealed(let sealed): header + sealed.bytes
        case .double(let sealing): header + sealing.bytes
        }
    }
}
