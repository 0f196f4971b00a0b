import KMSCore

/// What Encrypt gives, and Decrypt takes: AWS KMS keeps the parts apart, and keeps them for ever.
package struct XKSCiphertext: Sendable {
    /// What finds the material again: ``metadata(_:)``.
    package let metadata: [UInt8]
    package let initializationVector: [UInt8]
    package let ciphertext: [UInt8]
    package let authenticationTag: [UInt8]

    package init(metadata: [UInt8], initializationVector: [UInt8], ciphertext: [UInt8], authenticationTag: [UInt8]) {
        self.metadata = metadata
        self.initializationVector = initializationVector
        self.ciphertext = ciphertext
        self.authenticationTag = authenticationTag
    }

    private static let ivSize = 12
    private static let tagSize = 16
    /// `version (1) | material number (4)`: the first byte tells how all else is to be read, the way of authenticating
    /// included.
    private static let version: UInt8 = 1

    init(_ sealing: ExposedSealing) {
        let bytes = sealing.sealed.bytes
        self.init(
            metadata: Self.metadata(sealing.material), initializationVector: Array(bytes.prefix(Self.ivSize)),
            ciphertext: Array(bytes.dropFirst(Self.ivSize).dropLast(Self.tagSize)),
            authenticationTag: Array(bytes.suffix(Self.tagSize)))
    }

    static func metadata(_ material: UInt32) -> [UInt8] { [version] + material.bigEndianBytes }

    /// What the token opens; nil for what no key of ours made.
    var sealing: ExposedSealing? {
        guard metadata.count == 5, metadata[0] == Self.version, initializationVector.count == Self.ivSize,
            authenticationTag.count == Self.tagSize,
            let sealed = SealedBytes(initializationVector + ciphertext + authenticationTag)
        else { return nil }
        return ExposedSealing(material: UInt32(bigEndianBytes: metadata.dropFirst()), sealed: sealed)
    }

    /// What the token authenticates. With the lengths nothing can be moved from one to the other.
    ///
    /// - Parameter aad: additionalAuthenticatedData, at most ``XKSLimits/additionalData`` bytes.
    static func authenticatedData(_ aad: [UInt8], _ metadata: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(3 + aad.count + metadata.count)
        bytes += UInt16(truncatingIfNeeded: aad.count).bigEndianBytes
        bytes += aad
        bytes.append(UInt8(truncatingIfNeeded: metadata.count))
        bytes += metadata
        return bytes
    }

    /// What stands before IV, ciphertext and tag in what the ciphertextDataIntegrityValue is the digest of. No lengths, as
    /// the specification has it.
    package static func digestedPrefix(_ aad: [UInt8], _ metadata: [UInt8]) -> [UInt8] { aad + metadata }
}

/// How much the proxy takes. The specification asks for 4,300 and 8,192 bytes at the least; what is more than this is
/// refused as a parameter beyond this implementation.
package enum XKSLimits {
    package static let plaintext = 8192
    /// Below 65,535, where two bytes of length end.
    package static let additionalData = 32_768
    /// ciphertextMetadata: that of the specification.
    package static let metadata = 20
}
