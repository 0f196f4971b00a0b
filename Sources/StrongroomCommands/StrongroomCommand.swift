package import ArgumentParser
import EventDelivery
import Glibc
import HTTPFront
import KMSAPIClient
import KMSCore
import KMSServer

/// `strongroom`: all commands of the server and its operators.
package struct StrongroomCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "strongroom",
        abstract: "A key management service whose every key lives in a hardware security module.",
        discussion: """
            strongroom init --state DIR --profile hsm-config/cloudhsm.yaml
            strongroom serve --state DIR
            """,
        version: "0.1.0",
        subcommands: [
            Init.self, Serve.self, Doctor.self, ConformanceCommand.self, KeyCommand.self, AliasCommand.self,
            ImportKeyMaterial.self, KeyStoreCommand.self, PolicyCommand.self, AuditCommand.self, IdentityCommand.self,
            XKSProxyCommand.self, TrustRegions.self,
        ]
    )

    package init() {}

    /// Runs the command that the arguments name. The answer is the process's exit status.
    package static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch let error as ExitCode {
            return error.rawValue
        } catch {
            return report(error)
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        switch error {
        case let failure as CommandFailure:
            complain(failure.message, failure.hint)
            return failure.status
        case let error as KMSError:
            // The cause goes on where the sentence ended.
            let message = error.message.hasSuffix(".") ? String(error.message.dropLast()) : error.message
            complain(error.cause.map { "\(message): \($0)" } ?? message, nil)
        case let error as KMSAPIError:
            complain(error.description, nil)
        case let error as KMSTransportError:
            complain(error.message, error.hint ?? "is the server running? start it with: strongroom serve --state DIR")
        case let error as ClientConfigurationError:
            complain(error.message, error.hint)
        case let error as ServerSetupError:
            complain(error.description, error.hint)
        case let error as WebhookSetupError:
            complain(error.description, error.hint)
        default:
            // Help, the version and mistakes in the arguments are the parser's own; it knows where to print them.
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            code == .success
                ? print(text)
                : complain(text: text.replacing("Error: ", with: "strongroom: error: ", maxReplacements: 1))
            return code.rawValue
        }
        return 1
    }

    private static func complain(_ message: String, _ hint: String?) {
        complain(text: "strongroom: error: " + message + (hint.map { "\nhint: \($0)" } ?? ""))
    }

    private static func complain(text: String) {
        put(text + "\n", on: 2)
    }
}
