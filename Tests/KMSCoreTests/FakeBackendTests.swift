import KMSCore
import KMSTesting
import Testing

@Suite struct `The backend of these tests` {
    @Test(arguments: KeyBackendContract.facts)
    func `keeps the contract that the real one keeps`(fact: KeyBackendContract.Fact) async throws {
        try await KeyBackendContract(FakeBackend()).check(fact)
    }

    @Test(arguments: KeyBackendContract.movingFacts)
    func `keeps it for keys that move`(fact: KeyBackendContract.Fact) async throws {
        try await KeyBackendContract(FakeBackend()).check(fact)
    }

    @Test(arguments: KeyBackendContract.symmetricFacts)
    func `keeps it with encrypt-then-MAC too`(fact: KeyBackendContract.Fact) async throws {
        let backend = FakeBackend()
        backend.setNewScheme(.encryptThenMAC)
        try await KeyBackendContract(backend).check(fact)
    }
}
