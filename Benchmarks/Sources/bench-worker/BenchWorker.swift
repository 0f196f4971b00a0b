import ArgumentParser
import FoundationEssentials
import HSMClient
import KMSCore
import Logging

/// Measures the way from Swift through the worker processes to the token, without the HTTP server in front.
@main
struct BenchWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-worker",
        abstract: "Measure operations through the HSM workers.",
        discussion: """
            Makes keys of its own in the token of a state directory and destroys them at the end. Prints one line \
            of JSON. Any failed operation ends it with an error, so a figure it prints never hides one.
            """
    )

    @Option(help: "The state directory that `strongroom init` made.")
    var state: String

    @Option(help: "How long each line is measured.")
    var seconds: Double = 5

    @Option(
        parsing: .upToNextOption,
        help: "What is measured, one after the other: \(Work.allCases.map(\.rawValue).joined(separator: ", ")).")
    var operations: [Work] = [.encrypt]

    @Option(help: "The worker program; from the root of the checkout unless given.")
    var worker = ".build/release/strongroom-hsm-worker"

    func validate() throws {
        guard seconds > 0 else { throw ValidationError("--seconds must be more than 0") }
        guard FileManager.default.isExecutableFile(atPath: worker) else {
            throw ValidationError("there is no program \(worker): run `swift build -c release`, or give --worker")
        }
    }

    func run() async throws {
        let logger = Logger(label: "bench-worker") { StreamLogHandler.standardError(label: $0) }
        let client = HSMClient(try StateDirectory(path: state).configuration(worker: worker), logger: logger)
        defer { client.stop() }

        var runs: [Run] = []
        for work in operations { runs += try await measure(work, client) }

        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        print(String(decoding: try encoder.encode(["runs": runs]), as: UTF8.self))
    }

    private func measure(_ work: Work, _ client: HSMClient) async throws -> [Run] {
        let object = ObjectID.random()
        let made = try await client.generateKey(work.spec, for: work.usage, id: object)
        let key = MaterialReference(object: object, checkValue: made.checkValue)
        let runs: [Run]
        do {
            _ = try await Run.measure(work, client, key, inFlight: 16, for: .seconds(min(seconds, 1)))
            runs = [
                try await Run.measure(work, client, key, inFlight: 1, for: .seconds(seconds)),
                try await Run.measure(work, client, key, inFlight: 16, for: .seconds(seconds)),
            ]
        } catch {
            try? await client.destroyKey(object)
            throw error
        }
        try await client.destroyKey(object)
        return runs
    }
}
