import Crypto
import FoundationEssentials
import KMSCore
import Synchronization

/// An XKS proxy in memory, with real AES-GCM: its keys, what it was asked, and how it fails.
final class FakeXKSProxy: XKSProxyLink {
    struct State {
        var keys: [String: SymmetricKey] = ["one": SymmetricKey(size: .bits256), "two": SymmetricKey(size: .bits256)]
        var metadata = ExternalKeyMetadata(spec: "AES_256", usage: ["ENCRYPT", "DECRYPT"], status: "ENABLED")
        var calls: [ExternalCall] = []
        var healthChecks: [String] = []
        var failure: XKSProxyFailure.Kind?
        var isSlow = false
        /// Whether each Encrypt and Decrypt gets what the one before would have got.
        var answersForAnother = false
        var lastSealing: ExternalSealing?
        var lastPlaintext: [UInt8]?
    }

    let state = Mutex(State())

    var calls: [ExternalCall] { state.withLock { $0.calls } }

    func fail(_ kind: XKSProxyFailure.Kind?) { state.withLock { $0.failure = kind } }

    private func note(_ call: ExternalCall?) async throws(XKSProxyFailure) {
        while state.withLock({ $0.isSlow }) { try? await Task.sleep(for: .milliseconds(1)) }
        let failure = state.withLock { state in
            if let call { state.calls.append(call) }
            return state.failure
        }
        if let failure { throw XKSProxyFailure(failure, "as the test wants it") }
    }

    func checkHealth(for operation: String, requestID: String) async throws(XKSProxyFailure) {
        state.withLock { $0.healthChecks.append(operation) }
        try await note(nil)
    }

    func metadata(of key: String, for call: ExternalCall) async throws(XKSProxyFailure) -> ExternalKeyMetadata {
        try await note(call)
        guard state.withLock({ $0.keys[key] }) != nil else { throw XKSProxyFailure(.keyNotFound, "no such key") }
        return state.withLock { $0.metadata }
    }

    func encrypt(
        _ plaintext: [UInt8], authenticating aad: [UInt8], under key: String, for call: ExternalCall
    ) async throws(XKSProxyFailure) -> ExternalSealing {
        try await note(call)
        let key = try self.key(key)
        guard let box = try? AES.GCM.seal(plaintext, using: key, authenticating: aad) else {
            throw XKSProxyFailure(.internalFailure, "not sealed")
        }
        let sealing = ExternalSealing(
            metadata: [7], iv: Array(box.nonce), tag: Array(box.tag), ciphertext: Array(box.ciphertext))!
        return state.withLock { state in
            defer { state.lastSealing = sealing }
            return state.answersForAnother ? state.lastSealing ?? sealing : sealing
        }
    }

    func decrypt(
        _ sealing: ExternalSealing, authenticating aad: [UInt8], under key: String, for call: ExternalCall
    ) async throws(XKSProxyFailure) -> [UInt8] {
        try await note(call)
        let key = try self.key(key)
        guard sealing.metadata == [7], let nonce = try? AES.GCM.Nonce(data: sealing.iv),
            let box = try? AES.GCM.SealedBox(nonce: nonce, ciphertext: sealing.ciphertext, tag: sealing.tag),
            let plaintext = try? AES.GCM.open(box, using: key, authenticating: aad)
        else { throw XKSProxyFailure(.invalidCiphertext, "it does not open") }
        return state.withLock { state in
            defer { state.lastPlaintext = Array(plaintext) }
            return state.answersForAnother ? state.lastPlaintext ?? Array(plaintext) : Array(plaintext)
        }
    }

    private func key(_ id: String) throws(XKSProxyFailure) -> SymmetricKey {
        guard let key = state.withLock({ $0.keys[id] }) else { throw XKSProxyFailure(.keyNotFound, "no such key") }
        return key
    }
}
