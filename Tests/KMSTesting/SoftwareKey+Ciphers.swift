internal import Crypto
internal import FoundationEssentials
package import KMSCore

extension SoftwareKey {
    /// AES-256-GCM, with a random IV unless the test wants another.
    package func seal(_ plaintext: [UInt8], _ aad: [UInt8], iv: [UInt8]? = nil) throws(KMSError) -> SealedBytes {
        let key = SymmetricKey(data: try bytes(for: .encryptDecrypt))
        guard let nonce = try? AES.GCM.Nonce(data: iv ?? .random(12)),
            let box = try? AES.GCM.seal(plaintext, using: key, nonce: nonce, authenticating: aad),
            let sealed = box.combined.flatMap({ SealedBytes(Array($0)) })
        else { throw KMSError(.internalFailure, "AES-GCM failed") }
        return sealed
    }

    package func open(_ sealed: SealedBytes, _ aad: [UInt8]) throws(KMSError) -> [UInt8] {
        let key = SymmetricKey(data: try bytes(for: .encryptDecrypt))
        guard let box = try? AES.GCM.SealedBox(combined: sealed.bytes),
            let plaintext = try? AES.GCM.open(box, using: key, authenticating: aad)
        else { throw .invalidCiphertext }
        return Array(plaintext)
    }
}
