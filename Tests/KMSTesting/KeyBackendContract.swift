package import KMSCore
package import SecureMemory
internal import Testing

/// What every ``KeyBackend`` must do, one fact at a time. A test target runs them all on each backend it has:
///
///     @Test(arguments: KeyBackendContract.facts)
///     func `keeps the contract`(fact: KeyBackendContract.Fact) async throws {
///         try await KeyBackendContract(InMemoryKeyBackend()).check(fact)
///     }
///
/// A fact makes keys of its own and minds no others, so that all may share one backend, also at once.
package struct KeyBackendContract: Sendable {
    package struct Fact: Sendable, CustomTestStringConvertible {
        let statement: String
        let needs: [Ability]
        let check: @Sendable (KeyBackendContract) async throws -> Void

        /// Most facts are of symmetric keys.
        init(
            _ statement: String, needs: [Ability] = [.symmetric],
            _ check: @escaping @Sendable (KeyBackendContract) async throws -> Void
        ) {
            self.statement = statement
            self.needs = needs
            self.check = check
        }

        package var testDescription: String { statement }
    }

    package static var facts: [Fact] {
        cipherFacts + keyFacts + dataKeyFacts + pairFacts + rsaFacts + secretFacts + importFacts
    }

    /// Those of symmetric keys that are made in the token.
    package static var symmetricFacts: [Fact] { cipherFacts + keyFacts + dataKeyFacts }

    let backend: any KeyBackend
    /// What the backend cannot do, with what its refusal has to name.
    let missing: [Ability: String]

    package init(_ backend: any KeyBackend, missing: [Ability: String] = [:]) {
        self.backend = backend
        self.missing = missing
    }

    package func check(_ fact: Fact) async throws {
        guard try await held(fact.needs).count == fact.needs.count else { return }
        try await fact.check(self)
    }

    // MARK: What facts are made of

    /// A new key of any kind, with what is told of it.
    func newKey(
        _ spec: KeySpec, _ usage: KeyUsage
    ) async throws(KMSError) -> (reference: MaterialReference, made: GeneratedKey) {
        let id = ObjectID.random()
        let made = try await backend.generateKey(spec, for: usage, id: id)
        return (MaterialReference(object: id, checkValue: made.checkValue), made)
    }

    func newKey() async throws(KMSError) -> MaterialReference {
        let id = ObjectID.random()
        let made = try await backend.generateKey(.symmetricDefault, for: .encryptDecrypt, id: id)
        return MaterialReference(object: id, checkValue: made.checkValue)
    }

    /// How many bytes a plaintext of `count` has when the key has sealed it.
    func sealedSize(of count: Int, with key: MaterialReference) -> Int {
        backend.sealingScheme(of: key).sealedSize(of: count)
    }

    func seal(
        _ plaintext: [UInt8], _ aad: [UInt8] = [], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        try await backend.encrypt(SecretBytes(copying: plaintext), authenticating: aad, with: key)
    }

    func open(
        _ sealed: SealedBytes, _ aad: [UInt8] = [], with key: MaterialReference
    ) async throws(KMSError) -> [UInt8] {
        try await backend.decrypt(sealed, authenticating: aad, with: key).exposedArray
    }

    /// Expects `body` to fail with `code`.
    func expect(
        _ code: KMSError.Code, _ reason: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        let error = await #expect(throws: KMSError.self, reason, sourceLocation: sourceLocation) { try await body() }
        #expect(error?.code == code, reason, sourceLocation: sourceLocation)
    }
}

extension SecretBytes {
    /// A copy of the secret in ordinary memory: for tests, whose secrets are none.
    package var exposedArray: [UInt8] {
        withExposedBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
    }
}
