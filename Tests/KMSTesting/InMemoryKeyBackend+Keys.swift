package import KMSCore

extension InMemoryKeyBackend {
    package func generateKey(
        _ spec: KeySpec, for usage: KeyUsage, id: ObjectID
    ) async throws(KMSError) -> GeneratedKey {
        try await begin(.generateKey)
        return try keep(SoftwareKey.generate(spec, for: usage, supply, scheme: newScheme), as: id)
    }

    package func checkSupport(of spec: KeySpec, for usage: KeyUsage, imported: Bool) async throws(KMSError) {
        try await begin(.checkSupport)
        try SoftwareKey.checkSupport(of: spec)
    }

    package func sealingScheme(of key: MaterialReference) -> SealingScheme { SoftwareKey.scheme(of: key.checkValue) }

    package func generateWrappingKey(_ spec: KeySpec, id: ObjectID) async throws(KMSError) -> GeneratedKey {
        try await begin(.generateWrappingKey)
        return try keep(SoftwareKey.generateWrappingKey(spec, supply), as: id)
    }

    package func importKey(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage, id: ObjectID, expecting checkValue: [UInt8]?
    ) async throws(KMSError) -> ImportedKey {
        try await begin(.importKey)
        let key = try open(material, of: spec, for: usage)
        if let checkValue, checkValue != key.checkValue {
            throw KMSError(.incorrectKeyMaterial, "The key material is not the one that was expected.")
        }
        return ImportedKey(key: try keep(key, as: id), place: place)
    }

    package func identify(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage, among candidates: [MaterialReference]
    ) async throws(KMSError) -> Int? {
        try await begin(.identify)
        let key = try open(material, of: spec, for: usage)
        return candidates.firstIndex { $0.checkValue == key.checkValue }
    }

    package func generateMovableKey(
        _ spec: KeySpec, for usage: KeyUsage, id: ObjectID
    ) async throws(KMSError) -> GeneratedKey {
        try await begin(.generateMovableKey)
        return try keep(SoftwareKey.generate(spec, for: usage, supply, scheme: newScheme).movable(), as: id)
    }

    package func wrapKey(
        _ key: MaterialReference, under publicKey: [UInt8], _ algorithm: String
    ) async throws(KMSError) -> [UInt8] {
        try await begin(.wrapKey)
        return try self.key(key).wrapped(under: publicKey, algorithm)
    }

    package func unwrapKey(
        _ material: WrappedMaterial, as id: ObjectID, matching source: MaterialReference, of spec: KeySpec,
        for usage: KeyUsage
    ) async throws(KMSError) -> GeneratedKey {
        try await begin(.unwrapKey)
        let key = try open(material, of: spec, for: usage).movable()
        guard key.checkValue == source.checkValue else {
            throw KMSError(.incorrectKeyMaterial, "The key is not the one that was to be moved.")
        }
        return try keep(key, as: id)
    }

    private func open(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage
    ) throws(KMSError) -> SoftwareKey {
        let bytes = try key(material.wrappingKey).unwrap(material.bytes, material.algorithm)
        return try SoftwareKey.imported(bytes, as: spec, for: usage)
    }

    private func keep(_ key: SoftwareKey, as id: ObjectID) throws(KMSError) -> GeneratedKey {
        try add(key, as: id)
        return GeneratedKey(checkValue: key.checkValue, publicKey: key.publicKey)
    }

    package func destroyKey(_ id: ObjectID) async throws(KMSError) {
        try await begin(.destroyKey)
        lose(id)
    }

    package func forgetKey(_ id: ObjectID) async throws(KMSError) {
        try await begin(.forgetKey)
    }

    package func verifyKey(_ key: MaterialReference) async throws(KMSError) {
        try await begin(.verifyKey)
        _ = try self.key(key)
    }

    package func inventory() async throws(KMSError) -> Set<ObjectID> {
        try await begin(.inventory)
        return objects
    }

    package func checkHealth() async throws(KMSError) {
        try await begin(.checkHealth)
    }
}
