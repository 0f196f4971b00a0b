import KMSCore
import LibCrypto
import SecureMemory

extension KeyStore {
    /// Creation, import, rotation and deletion, again and again. Tells what must be there as soon as it is:
    ///
    ///     key ID CIPHERTEXT     the key decrypts this from now on (several times for one key: one for each material)
    ///     end ID                from now on it may be gone
    func liveOn(_ clock: MovingClock, by context: CallContext) async throws {
        while true {
            let kept = try await createKey(NewKey(), by: context).key.address.id.description
            try await tell(of: kept, by: context)
            _ = try await rotateKeyOnDemand(kept, by: context)
            try await tell(of: kept, by: context)

            var request = NewKey()
            request.origin = .external
            let external = try await createKey(request, by: context).key.address.id.description
            try await importSecret(into: external, by: context)
            try await tell(of: external, by: context)
            // The same again: what was imported may be imported anew, as after a loss.
            try await importSecret(into: external, by: context)

            let doomed = try await createKey(NewKey(), by: context).key.address.id.description
            try await tell(of: doomed, by: context)
            for id in [doomed, external] {
                // Sometimes the imported one, whose material goes with it.
                if id == external, Bool.random() { continue }
                announceEnd(of: id)
                _ = try await scheduleKeyDeletion(id, pendingWindowInDays: 7, by: context)
            }
            clock.advance(byDays: 7)
            try await performDueWork()
        }
    }

    private func tell(of id: String, by context: CallContext) async throws {
        let result = try await encrypt(SecretBytes(copying: Array(id.utf8)), with: id, context: .empty, by: context)
        crash_server.tell("key \(id) \(Hexadecimal.encode(result.ciphertext))")
    }

    private func announceEnd(of id: String) {
        crash_server.tell("end \(id)")
    }

    private func importSecret(into id: String, by context: CallContext) async throws {
        let parameters = try await parametersForImport(
            of: id, algorithm: "RSAES_OAEP_SHA_256", wrappingKeySpec: "RSA_2048", by: context)
        let wrapped = try PublicKey(subjectPublicKeyInfo: parameters.publicKey).encryptOAEP(
            SecretBytes(copying: Self.importedSecret), .sha256)
        let material = MaterialImport(
            importToken: parameters.importToken, encryptedMaterial: wrapped, expires: false)
        _ = try await importKeyMaterial(material, into: id, by: context)
    }
}
