internal import Crypto
internal import FoundationEssentials
package import KMSCore

extension SoftwareKey {
    /// By the key's scheme, with a random IV unless the test wants another.
    package func seal(_ plaintext: [UInt8], _ aad: [UInt8], iv: [UInt8]? = nil) throws(KMSError) -> SealedBytes {
        if case .encryptThenMAC(let keys) = secret {
            guard let sealed = SealedBytes(keys.seal(plaintext, aad, iv: iv ?? .random(16))) else { throw Self.refused }
            return sealed
        }
        let key = SymmetricKey(data: try bytes(for: .encryptDecrypt))
        guard let nonce = try? AES.GCM.Nonce(data: iv ?? .random(12)),
            let box = try? AES.GCM.seal(plaintext, using: key, nonce: nonce, authenticating: aad),
            let sealed = box.combined.flatMap({ SealedBytes(Array($0)) })
        else { throw KMSError(.internalFailure, "AES-GCM failed") }
        return sealed
    }

    package func open(_ sealed: SealedBytes, _ aad: [UInt8]) throws(KMSError) -> [UInt8] {
        if case .encryptThenMAC(let keys) = secret {
            guard let plaintext = keys.open(sealed.bytes, aad) else { throw .invalidCiphertext }
            return plaintext
        }
        let key = SymmetricKey(data: try bytes(for: .encryptDecrypt))
        guard let box = try? AES.GCM.SealedBox(combined: sealed.bytes),
            let plaintext = try? AES.GCM.open(box, using: key, authenticating: aad)
        else { throw .invalidCiphertext }
        return Array(plaintext)
    }
}
