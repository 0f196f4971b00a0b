import FoundationEssentials
package import KMSCore
import LibCrypto
package import SigV4
import Synchronization

/// A client of one XKS proxy, which may be anybody's (aws-kms-xksproxy-api-spec, version 1.0).
///
/// Every request is signed (SigV4, service `kms-xks-proxy`) and has 250 ms; one that the network lost is sent once more.
/// What is encrypted is asked for with its integrity value, which is compared with what came.
package final class XKSProxyClient: XKSProxyLink {
    private let transport: XKSTransport
    private let keysPath = "/keys/"
    private let breaker = CircuitBreaker()
    private let underWay = Atomic(0)
    package let counters = XKSClientCounters()

    /// - Parameters:
    ///   - address: Whose host is that of `target`.
    ///   - region: The Region of the key store, which requests are signed for.
    package init(
        _ address: XKSProxyAddress, at target: XKSProxyTarget, _ credential: SigningCredential, region: String,
        clock: any KMSClock = SystemClock()
    ) {
        transport = XKSTransport(address, at: target, credential, region: region, clock: clock)
    }

    /// Whether requests are told at once that the proxy is not there.
    package var isSuspended: Bool { breaker.isOpen }

    /// Ends all connections, once what is under way has its answer. To be called once, at the end.
    package func shutdown() async {
        // No request takes longer, with what it is tried once more.
        let end = ContinuousClock.now + .milliseconds(600)
        while underWay.load(ordering: .acquiring) > 0, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(5))
        }
        await transport.shutdown()
    }

    // MARK: XKSProxyLink

    /// Asks whether requests are suspended or not: this is how it is found out that they need not be any more.
    package func checkHealth(for operation: String, requestID: String) async throws(XKSProxyFailure) {
        let request = XKSRequests.Plain(
            requestMetadata: XKSRequests.Metadata(operation: operation, requestID: requestID))
        try await ask("GetHealthStatus", "/health", request, isProbe: true) { answer throws(XKSProxyFailure) in
            try XKSAnswers.read(XKSAnswers.Health.self, from: answer).check()
        }
    }

    package func metadata(
        of key: String, for call: ExternalCall
    ) async throws(XKSProxyFailure) -> ExternalKeyMetadata {
        let request = XKSRequests.Plain(requestMetadata: XKSRequests.Metadata(call))
        return try await ask("GetKeyMetadata", keysPath + key + "/metadata", request) {
            answer throws(XKSProxyFailure) in
            try XKSAnswers.read(XKSAnswers.Metadata.self, from: answer).checked()
        }
    }

    package func encrypt(
        _ plaintext: [UInt8], authenticating aad: [UInt8], under key: String, for call: ExternalCall
    ) async throws(XKSProxyFailure) -> ExternalSealing {
        let request = XKSRequests.Encrypt(
            requestMetadata: XKSRequests.Metadata(call), plaintext: Data(plaintext),
            additionalAuthenticatedData: Data(aad))
        return try await ask("Encrypt", keysPath + key + "/encrypt", request) { answer throws(XKSProxyFailure) in
            try XKSAnswers.read(XKSAnswers.Encrypted.self, from: answer).checked(size: plaintext.count) {
                $0.integrityValue(aad)
            }
        }
    }

    package func decrypt(
        _ sealing: ExternalSealing, authenticating aad: [UInt8], under key: String, for call: ExternalCall
    ) async throws(XKSProxyFailure) -> [UInt8] {
        let request = XKSRequests.Decrypt(
            requestMetadata: XKSRequests.Metadata(call), ciphertext: Data(sealing.ciphertext),
            additionalAuthenticatedData: Data(aad), initializationVector: Data(sealing.iv),
            authenticationTag: Data(sealing.tag),
            ciphertextMetadata: sealing.metadata.isEmpty ? nil : Data(sealing.metadata))
        return try await ask("Decrypt", keysPath + key + "/decrypt", request) { answer throws(XKSProxyFailure) in
            try XKSAnswers.read(XKSAnswers.Decrypted.self, from: answer).checked(size: sealing.ciphertext.count)
        }
    }

    // MARK: Asking

    private func ask<T: Sendable>(
        _ operation: String, _ path: String, _ request: some Encodable, isProbe: Bool = false,
        _ read: (XKSTransport.Answer) throws(XKSProxyFailure) -> T
    ) async throws(XKSProxyFailure) -> T {
        if !isProbe { try breaker.admit() }
        underWay.add(1, ordering: .relaxed)
        defer { underWay.subtract(1, ordering: .releasing) }
        let start = ContinuousClock.now
        do throws(XKSProxyFailure) {
            let result = try read(try await transport.post(XKSRequests.body(request), to: path))
            breaker.note(nil)
            counters.count(operation, nil, start.duration(to: .now))
            return result
        } catch {
            breaker.note(error)
            counters.count(operation, error.kind, start.duration(to: .now))
            throw error
        }
    }
}

extension ExternalSealing {
    /// ciphertextDataIntegrityValue with SHA_256.
    func integrityValue(_ aad: [UInt8]) -> [UInt8] {
        Digest.sha256.hash(aad + metadata + iv + ciphertext + tag)
    }
}
