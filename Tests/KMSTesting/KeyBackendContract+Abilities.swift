package import KMSCore
internal import Testing

extension KeyBackendContract {
    /// Something that not every token can do. A fact says what it needs; on a backend without it, it is seen instead
    /// that the backend refuses, and names what is missing.
    package enum Ability: Hashable, Sendable {
        case key(KeySpec, KeyUsage)
        case importing(KeySpec, KeyUsage)
        case wrappingKey(KeySpec)
        case dataKeyPair(KeySpec)

        package static let symmetric = Ability.key(.symmetricDefault, .encryptDecrypt)
    }

    /// Those of `abilities` that the backend has. Of the others it is seen that they are refused.
    func held(_ abilities: [Ability]) async throws -> [Ability] {
        for ability in abilities where missing[ability] != nil { try await expectRefused(ability) }
        return abilities.filter { missing[$0] == nil }
    }

    /// Those of `specs` that the backend has for the usage.
    func held(_ specs: [KeySpec], _ usage: KeyUsage) async throws -> [KeySpec] {
        let held = try await held(specs.map { .key($0, usage) })
        return specs.filter { held.contains(.key($0, usage)) }
    }

    /// Sees that all that the backend lacks is refused by name, one after the other.
    package func checkRefusals() async throws {
        for ability in missing.keys { try await expectRefused(ability) }
    }

    /// Sees that what the backend lacks is refused with the name of what is missing, and leaves nothing behind.
    private func expectRefused(_ ability: Ability) async throws {
        let name = missing[ability] ?? ""
        let id = ObjectID.random()
        let error = await #expect(throws: KMSError.self, "\(ability)") {
            switch ability {
            case .key(let spec, let usage):
                _ = try await backend.generateKey(spec, for: usage, id: id)
            case .wrappingKey(let spec):
                _ = try await backend.generateWrappingKey(spec, id: id)
            case .importing(let spec, let usage):
                try await backend.checkSupport(of: spec, for: usage, imported: true)
                // Whether it takes material of a kind, a token may not tell before it is tried.
                let wrappingKey = try await BackendWrappingKey(in: backend)
                let known = try KnownMaterial(KnownMaterial.Kind(spec, usage))
                _ = try await backend.importKey(
                    wrappingKey.wrap(known, "RSA_AES_KEY_WRAP_SHA_256"), of: spec, for: usage, id: id, expecting: nil)
            case .dataKeyPair(let spec):
                let key = try await newKey()
                _ = try await backend.generateDataKeyPair(spec, authenticating: [], with: key, showingPrivateKey: true)
            }
        }
        #expect(error?.code == .unsupported, "\(ability): \(String(describing: error))")
        let told = "\(error?.message ?? "") \(error?.cause ?? "")"
        #expect(told.contains(name), "\(ability): \(told)")
        #expect(try await !backend.inventory().contains(id), "\(ability)")
    }
}

extension [KeyBackendContract.Ability] {
    /// Keys of `specs` for a usage.
    static func keys(_ specs: [KeySpec], _ usage: KeyUsage) -> Self { specs.map { .key($0, usage) } }
}
