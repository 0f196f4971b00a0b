import KMSCore
import SecureMemory

extension KeyStore {
    /// Makes a multi-Region key, replicates it to a Region, rotates it and makes the replica the primary. Tells what the
    /// key encrypted before any of it.
    func replicateNew(to region: Region, by context: CallContext) async throws {
        var new = NewKey()
        new.isMultiRegion = true
        let id = try await createKey(new, by: context).key.address.id.description
        let result = try await encrypt(
            SecretBytes(copying: Array(id.utf8)), with: id, context: .empty, by: context)
        tell("key \(id) \(Hexadecimal.encode(result.ciphertext))")
        let there = CallContext(caller: context.caller, region: region)
        _ = try await replicateKey(KeyReplication(key: id, region: region), by: context)
        while try await describeKey(id, by: there).state != .enabled { try await Task.sleep(for: .milliseconds(1)) }
        _ = try await rotateKeyOnDemand(id, by: context)
        while try await describeKey(id, by: there).key.currentMaterial != 2 {
            try await Task.sleep(for: .milliseconds(1))
        }
        try await updatePrimaryRegion(of: id, to: region, by: context)
    }
}
