import FoundationEssentials
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import LibCrypto
import Testing

@testable import HSMClient

/// A rig whose module fails as it is told to.
final class RepairRig: Sendable {
    let rig: Rig
    let faults: FaultModule

    /// One worker, so that it is known who meets a fault, and neither keep-alive nor canary that would meet it first.
    static func ready(
        rules: [String] = [], edit: @escaping @Sendable (inout HSMClientConfiguration) -> Void = { _ in }
    ) async throws -> RepairRig {
        let rig = try await Program.offPool { try RepairRig(rules: rules, edit: edit) }
        _ = try await rig.client.tokenReport()
        try await waitUntil("all workers serve") { rig.client.workers.allSatisfy(\.isReady) }
        return rig
    }

    init(rules: [String] = [], edit: (inout HSMClientConfiguration) -> Void = { _ in }) throws {
        let faults = try FaultModule()
        try faults.obey(rules)
        self.faults = faults
        let path = try FaultModule.path
        rig = try Rig {
            $0.settings.modulePath = path
            $0.environment.merge(faults.environment) { $1 }
            $0.settings.profile.workers = 1
            $0.settings.profile.keepAlive = 0
            $0.canaryInterval = 3600
            edit(&$0)
        }
    }

    var client: HSMClient { rig.client }

    /// Why no worker serves: what it told before it ended.
    func refusal() async -> String {
        do throws(KMSError) {
            _ = try await client.tokenReport()
            return "none: it serves"
        } catch {
            return error.cause ?? error.message
        }
    }

    /// What the functions answered other than CKR_OK or not, in order.
    func answers(of functions: String...) -> [UInt?] {
        faults.calls.filter { functions.contains($0.function) }.map(\.returnValue)
    }

    func status() async throws -> WorkerStatus {
        var reply = try await client.callFirst(client.request(.checkHealth, room: 0) { _ in })
        let json = try reply.publicBytes()
        return try JSONDecoder().decode(WorkerStatus.self, from: Data(json))
    }
}
