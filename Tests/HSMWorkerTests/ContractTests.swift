import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Testing

@Suite struct `The key backend contract` {
    @Test(arguments: KeyBackendContract.facts)
    func `holds in memory`(fact: KeyBackendContract.Fact) async throws {
        try await KeyBackendContract(InMemoryKeyBackend()).check(fact)
    }

    @Test(arguments: KeyBackendContract.movingFacts)
    func `holds in memory for keys that move`(fact: KeyBackendContract.Fact) async throws {
        try await KeyBackendContract(InMemoryKeyBackend()).check(fact)
    }

    @Test(arguments: KeyBackendContract.movingFacts)
    func `holds for SoftHSM for keys that move`(fact: KeyBackendContract.Fact) async throws {
        try await KeyBackendContract(Self.sessionCopies.rig.client).check(fact)
        try await KeyBackendContract(Self.tokenObjects.rig.client).check(fact)
    }

    // What a call may take is no part of the contract, and these facts are checked all at once.
    private static let patient = 60.0

    /// One token for all facts, as they mind no others' keys; with session copies in two workers of one lane.
    private static let sessionCopies = SharedRig { $0.settings.profile.callTimeout = patient }
    /// And with the token's own objects in one worker of four lanes, so that lanes get in each other's way.
    private static let tokenObjects = SharedRig {
        $0.settings.profile.callTimeout = patient
        $0.settings.profile.sessionCopies = false
        $0.settings.profile.workers = 1
        $0.settings.profile.lanes = 4
    }

    @Test(arguments: KeyBackendContract.facts)
    func `holds for SoftHSM through session copies`(fact: KeyBackendContract.Fact) async throws {
        try await KeyBackendContract(Self.sessionCopies.rig.client).check(fact)
    }

    @Test(arguments: KeyBackendContract.facts)
    func `holds for SoftHSM through the token's objects`(fact: KeyBackendContract.Fact) async throws {
        try await KeyBackendContract(Self.tokenObjects.rig.client).check(fact)
    }
}

/// A rig that is made once, by whoever comes first.
private actor SharedRig {
    private var task: Task<Rig, any Error>?
    private let edit: @Sendable (inout HSMClientConfiguration) -> Void

    init(_ edit: @escaping @Sendable (inout HSMClientConfiguration) -> Void = { _ in }) {
        self.edit = edit
    }

    var rig: Rig {
        get async throws {
            let edit = edit
            let task = task ?? Task { try await Rig.ready(edit: edit) }
            self.task = task
            return try await task.value
        }
    }
}
