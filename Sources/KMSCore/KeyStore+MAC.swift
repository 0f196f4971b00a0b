import KMSPolicy
package import SecureMemory

package struct MACResult: Sendable {
    package let mac: [UInt8]
    package let keyARN: String
    package let algorithm: String
}

extension KMSError {
    /// A MAC that is not the message's. AWS sends no text.
    package static let invalidMAC = KMSError(.invalidMAC, "")
}

extension KeyStore {
    package func generateMAC(
        of message: consuming SecretBytes, algorithm: String, with key: String, dryRun: Bool = false,
        by context: CallContext
    ) async throws(KMSError) -> MACResult {
        let entry = try resolveMACKey(key, algorithm, for: .generateMAC, by: context)
        try Message.checkSize(message.count)
        if dryRun { throw .dryRun }
        let mac = try await authenticate(message, algorithm, with: entry)
        noteUse(of: entry, "GenerateMac", by: context)
        return MACResult(mac: mac, keyARN: entry.arn, algorithm: algorithm)
    }

    /// Answers the key's ARN, or throws `invalidMAC`. The backend makes the MAC once more; it is compared here, in a
    /// time that does not depend on where the two differ.
    package func verifyMAC(
        _ mac: [UInt8], of message: consuming SecretBytes, algorithm: String, with key: String, dryRun: Bool = false,
        by context: CallContext
    ) async throws(KMSError) -> String {
        let entry = try resolveMACKey(key, algorithm, for: .verifyMAC, by: context)
        try Message.checkSize(message.count)
        if dryRun { throw .dryRun }
        let right = try await authenticate(message, algorithm, with: entry)
        // Unsafe in general for the padding of larger elements; bytes have none.
        guard unsafe ConstantTime.areEqual(mac.span.bytes, right.span.bytes) else { throw .invalidMAC }
        noteUse(of: entry, "VerifyMac", by: context)
        return entry.arn
    }

    private func resolveMACKey(
        _ key: String, _ algorithm: String, for action: KMSAction, by context: CallContext
    ) throws(KMSError) -> KeyEntry {
        let entry = try resolve(key, for: action, by: context, with: .algorithm(.macAlgorithm, algorithm))
        try entry.checkUsage(.generateVerifyMAC, for: action.rawValue)
        guard entry.algorithm.macAlgorithms.contains(algorithm) else { throw entry.incompatible(algorithm) }
        return entry
    }

    private func authenticate(
        _ message: borrowing SecretBytes, _ algorithm: String, with entry: KeyEntry
    ) async throws(KMSError) -> [UInt8] {
        try await using(entry.current, of: entry) { key async throws(KMSError) in
            try await backend(of: entry).generateMAC(of: message, algorithm, with: key)
        }
    }
}
