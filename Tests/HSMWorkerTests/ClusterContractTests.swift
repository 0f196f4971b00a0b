import HSMWorkerProtocol
import KMSTesting
import Testing

@testable import HSMClient

@Suite struct `The key backend contract of a cluster` {
    // What a call may take is no part of the contract, and these facts are checked all at once.
    private static let shared = SharedCluster(2)

    @Test(arguments: KeyBackendContract.movingFacts)
    func `holds for keys that move`(fact: KeyBackendContract.Fact) async throws {
        try await KeyBackendContract(Self.shared.rig.cluster).check(fact)
    }

    @Test(arguments: KeyBackendContract.facts)
    func `holds for two tokens in step`(fact: KeyBackendContract.Fact) async throws {
        try await KeyBackendContract(Self.shared.rig.cluster).check(fact)
    }
}

/// A cluster that is made once, by whoever comes first.
private actor SharedCluster {
    private var task: Task<ClusterRig, any Error>?
    private let count: Int

    init(_ count: Int) {
        self.count = count
    }

    var rig: ClusterRig {
        get async throws {
            let count = count
            let settings = ClusterSettings(propagation: 60)
            let task =
                task
                ?? Task {
                    try await ClusterRig.ready(count, settings: settings) {
                        $0.settings.profile.callTimeout = 60
                    }
                }
            self.task = task
            return try await task.value
        }
    }
}
