import Foundation
import HSMWorkerProtocol
import KMSTesting
import Synchronization
import Testing

@testable import HSMClient

/// Conformance runs on a SoftHSM token of its own, with the fault module before it.
final class ConformanceRig: Sendable {
    let token: SoftHSMToken
    let faults: FaultModule
    let configuration: HSMClientConfiguration

    init() throws {
        token = try SoftHSMToken(label: "production")
        faults = try FaultModule()
        var settings = WorkerSettings(
            modulePath: try SoftHSMToken.modulePath, tokenURI: "pkcs11:token=production",
            pinSource: .file(token.pinFile), profile: .softHSM, startLockPath: token.folder + "/start.lock")
        try settings.wrap(in: faults)
        configuration = HSMClientConfiguration(
            workerProgram: try Program.built("strongroom-hsm-worker"), settings: settings,
            environment: token.environment.merging(faults.environment) { $1 })
    }

    static func make() async throws -> ConformanceRig {
        try await Program.offPool { try ConformanceRig() }
    }

    /// Runs to the end on a thread of its own, with few objects and short measurements.
    func run(
        _ groups: [ConformanceGroup], patience: Double = 60, isStopped: @escaping @Sendable () -> Bool = { false },
        told: @escaping @Sendable (ConformanceRun.Event) -> Void = { _ in }
    ) async throws -> ConformanceRun.Outcome {
        let run = ConformanceRun(configuration, groups: groups, objects: 120, measuringTime: 0.02, patience: patience)
        return try await Program.offPool { try run.run(isStopped: isStopped, tell: told) }
    }

    /// The worker processes on this token.
    var workers: [pid_t] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { pid_t($0) }.filter { process in
            let environment = (try? Data(contentsOf: URL(filePath: "/proc/\(process)/environ"))) ?? Data()
            let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")) ?? ""
            return program.hasSuffix("/strongroom-hsm-worker")
                && environment.firstRange(of: Data(token.configurationFile.utf8)) != nil
        }
    }

    /// All that the token keeps: each object's file, and the token's own with its PINs and flags; without the count of
    /// changes in their first eight bytes, which goes on at each login.
    func contents() throws -> [String: Data] {
        let folder = token.folder + "/tokens"
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".object") }
        return try Dictionary(
            uniqueKeysWithValues: files.map {
                ($0, try Data(contentsOf: URL(filePath: folder + "/" + $0)).dropFirst(8))
            })
    }
}

extension ConformanceRig {
    /// Whether an object's file has our label in it.
    func isNamed(_ content: Data) -> Bool {
        content.firstRange(of: Data("strongroom conformance".utf8)) != nil
    }
}

extension ConformanceRun.Outcome {
    func finding(_ check: String) -> ConformanceFinding? { findings.first { $0.check == check } }
}
