import FoundationEssentials
import Glibc
import HSMClient
import HSMWorkerProtocol
import KMSCore
import Logging

/// Wires a token's workers from a state directory's files.
enum HSM {
    static func configuration(
        _ server: ServerConfiguration, _ profile: HSMProfile, _ state: StateDirectory, lock: ServerLock? = nil
    ) throws(CommandFailure) -> HSMClientConfiguration {
        let source = try server.pinSource(in: state)
        do {
            _ = try InheritedPIN.of(source)
        } catch {
            throw CommandFailure(error.description, hint: "hsm.pin in strongroom.yaml names it")
        }
        return HSMClientConfiguration(
            workerProgram: try workerProgram(),
            settings: WorkerSettings(
                modulePath: server.hsm.module, tokenURI: server.hsm.token, pinSource: source,
                profile: ProfileFile.expand(profile, state), startLockPath: state.startLock
            ),
            environment: ProfileFile.environment(profile, state),
            lock: lock?.descriptor
        )
    }

    /// strongroom-hsm-worker stands beside this program.
    static func workerProgram() throws(CommandFailure) -> String {
        guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            throw CommandFailure("/proc/self/exe cannot be read: is /proc mounted?")
        }
        let worker = program.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/strongroom-hsm-worker"
        guard unsafe access(worker, X_OK) == 0 else {
            throw CommandFailure(
                "\(worker) is not there", hint: "install strongroom-hsm-worker in the folder that strongroom is in"
            )
        }
        return worker
    }

    /// What an operator can do when the token cannot be used.
    static let hint =
        "check hsm: in strongroom.yaml, the PIN source and the profile with: strongroom doctor --state DIR"

    /// The token's report; turns what the worker says into what the operator should do.
    static func connect(_ client: HSMClient) async throws(CommandFailure) -> TokenReport {
        let report: TokenReport
        do throws(KMSError) {
            report = try await client.tokenReport()
        } catch {
            throw CommandFailure("the HSM cannot be used: \(error.cause ?? error.message)", hint: hint)
        }
        try expectMechanisms(report)
        return report
    }

    /// Throws unless the token can do what the key store cannot do without.
    static func expectMechanisms(_ report: TokenReport) throws(CommandFailure) {
        guard report.missingMechanisms.isEmpty else {
            throw CommandFailure(
                "the token \(report.label) lacks \(report.missingMechanisms.joined(separator: " and "))",
                hint: "Strongroom cannot keep symmetric keys in it; choose another token, or, for one that has AES-CBC "
                    + "and HMAC instead of AES-GCM, set encryptThenMAC: true in its profile"
            )
        }
    }
}
