import KMSCore
import LibCrypto
import SecureMemory

extension KeyStore {
    /// The same bytes for every process, so that importing again is importing the same.
    static let importedSecret = [UInt8](repeating: 0x5a, count: 32)

    /// Rotates the first key that is enabled and was made here.
    func rotateFirst(by context: CallContext) async throws {
        let keys = try listKeys(PageRequest(limit: 1000), by: context).items
        for key in keys {
            let described = try await describeKey(key.id.description, by: context)
            guard described.state == .enabled, described.key.origin == .awsKMS else { continue }
            _ = try await rotateKeyOnDemand(key.id.description, by: context)
            return
        }
    }

    /// Imports the same secret into the one key of origin EXTERNAL, for a day.
    func importFirst(at now: Timestamp, by context: CallContext) async throws {
        let keys = try listKeys(PageRequest(limit: 1000), by: context).items
        for key in keys {
            let id = key.id.description
            guard try await describeKey(id, by: context).key.origin == .external else { continue }
            let parameters = try await parametersForImport(
                of: id, algorithm: "RSAES_OAEP_SHA_256", wrappingKeySpec: "RSA_2048", by: context)
            let wrapped = try PublicKey(subjectPublicKeyInfo: parameters.publicKey).encryptOAEP(
                SecretBytes(copying: Self.importedSecret), .sha256)
            let material = MaterialImport(
                importToken: parameters.importToken, encryptedMaterial: wrapped, validTo: now.adding(days: 1))
            _ = try await importKeyMaterial(material, into: id, by: context)
            return
        }
    }
}
