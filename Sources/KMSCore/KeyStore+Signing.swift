import LibCrypto
package import SecureMemory

package struct SignResult: Sendable {
    /// ECDSA: DER ECDSA-Sig-Value (RFC 3279, section 2.2.3). RSA: as long as the modulus. Ed25519: 64 bytes (RFC 8032).
    package let signature: [UInt8]
    package let keyARN: String
    package let algorithm: String
}

extension KMSError {
    /// A signature that does not verify. One error for every reason; AWS sends no text.
    package static let invalidSignature = KMSError(.invalidSignature, "")
}

extension KeyStore {
    /// Hashes here what is to be hashed, and signs in the backend.
    package func sign(
        _ message: consuming SecretBytes, _ type: MessageType, algorithm name: String, with key: String,
        dryRun: Bool = false, by context: CallContext
    ) async throws(KMSError) -> SignResult {
        let entry = try resolve(key, for: .sign, by: context, with: .signing(name, type))
        try entry.checkUsage(.signVerify, for: "Sign")
        let algorithm = try entry.signingAlgorithm(name)
        let input = try algorithm.input(message, type)
        if dryRun { throw .dryRun }
        let signature = try await using(entry.current, of: entry) { key async throws(KMSError) in
            try await backend(of: entry).sign(input, algorithm.name, with: key)
        }
        noteUse(of: entry, "Sign", by: context)
        return SignResult(signature: signature, keyARN: entry.arn, algorithm: algorithm.name)
    }

    /// Verifies with the stored public key, without the backend; answers the key's ARN. Throws `invalidSignature` for
    /// every signature that is not one.
    package func verify(
        _ signature: [UInt8], of message: consuming SecretBytes, _ type: MessageType, algorithm name: String,
        with key: String, dryRun: Bool = false, by context: CallContext
    ) throws(KMSError) -> String {
        let entry = try resolve(key, for: .verify, by: context, with: .signing(name, type))
        try entry.checkUsage(.signVerify, for: "Verify")
        let algorithm = try entry.signingAlgorithm(name)
        let input = try algorithm.input(message, type)
        if dryRun { throw .dryRun }
        guard try entry.publicKey().isValidSignature(signature, of: input, algorithm.scheme) else {
            throw .invalidSignature
        }
        noteUse(of: entry, "Verify", by: context)
        return entry.arn
    }
}

extension KeyEntry {
    fileprivate func signingAlgorithm(_ name: String) throws(KMSError) -> SigningAlgorithm {
        guard algorithm.signingAlgorithms.contains(name), let known = SigningAlgorithm.all[name] else {
            throw incompatible(name)
        }
        return known
    }
}

extension SigningAlgorithm {
    /// What is signed for a message: its digest, or all of it where the algorithm hashes by itself.
    fileprivate func input(_ message: borrowing SecretBytes, _ type: MessageType) throws(KMSError) -> [UInt8] {
        switch type {
        case .externalMU:
            throw KMSError(.validation, "MessageType EXTERNAL_MU is for ML_DSA_SHAKE_256 only, not for \(name).")
        case .raw:
            try Message.checkSize(message.count)
            // No secret by its nature, and on its way to the worker as plain bytes in any case.
            return message.withExposedBytes { bytes in digest?.hash(bytes) ?? Self.copy(bytes) }
        case .digest:
            guard let digest else {
                throw KMSError(
                    .validation, "MessageType DIGEST is not valid for \(name), which signs messages: use RAW.")
            }
            guard message.count == digest.size else {
                throw KMSError(.validation, "Digest is invalid length for algorithm \(name).")
            }
            return message.withExposedBytes { Self.copy($0) }
        }
    }

    private static func copy(_ bytes: RawSpan) -> [UInt8] {
        unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }
}
