import ArgumentParser
import EventDelivery
import Glibc
import HSMClient
import HSMWorkerProtocol
import IAMQuery
import KMSCore
import KMSServer
import Logging
import SQLiteStore
import ServiceLifecycle
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the AWS KMS API.",
        discussion: """
            strongroom serve --state /var/lib/strongroom --listen 127.0.0.1:8470

            Prints `listening on http://HOST:PORT` as its only line on standard output; everything else goes to \
            standard error. SIGTERM and SIGINT finish the requests that are under way and end it. GET /healthz and \
            /readyz need no signature.
            """
    )

    @OptionGroup var state: StateOption

    @Option(help: "Where to listen, as HOST:PORT; port 0 picks a free one. (default: listen in strongroom.yaml)")
    var listen: String?

    @Option(help: "How much to log: trace, debug, info, notice, warning, error or critical.")
    var logLevel: String = "info"

    func run() async throws {
        let logger = try makeLogger()
        let directory = StateDirectory(state.path)
        let configuration = try ServerConfiguration.load(directory)
        let profile = try ProfileFile.load(directory.profile)
        let address = try ListenAddress(listen ?? configuration.listen)
        let (_, regions) = try configuration.scopes()
        var serverConfiguration = KMSServerConfiguration(host: address.host, port: address.port, regions: regions)
        if let files = configuration.tls { serverConfiguration.tls = try Self.loadTLS(files, directory) }
        try serverConfiguration.check()
        let scheme = configuration.tls == nil ? "http" : "https"

        let lock = try ServerLock(directory)
        let metadata = try SQLiteStore(path: directory.database)
        let client = HSMClient(try HSM.configuration(configuration, profile, directory, lock: lock), logger: logger)
        defer { client.stop() }
        let report = try await HSM.connect(client)
        if !report.isMemoryLocked {
            logger.warning("secrets cannot be locked into memory: raise RLIMIT_MEMLOCK to 8 MiB (LimitMEMLOCK=)")
        }
        let parts = try await Assembly.make(
            configuration, in: directory, backend: client, metadata: metadata, logger: logger)

        let application = try KMSServer.application(
            serverConfiguration, store: parts.store, identities: IAMQueryAPI(identities: parts.identities),
            directory: IdentityDirectory(identities: parts.identities), audit: parts.audit, clock: SystemClock(),
            logger: logger
        ) { port in
            // Written at once: a pipe would keep a printed line until its buffer is full.
            let line = Array("listening on \(scheme)://\(address.bracketedHost):\(port)\n".utf8)
            _ = unsafe line.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: application, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: Maintenance(parts: parts)),
                    .init(service: Delivery(parts: parts)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do {
            try await group.run()
        } catch {
            try? await parts.stop()
            throw CommandFailure(
                "the server ended: \(error)",
                hint: "if it could not listen on \(address.bracketedHost):\(address.port), choose another address with "
                    + "--listen"
            )
        }
        try await parts.stop()
    }

    private static func loadTLS(
        _ files: ServerConfiguration.TLS, _ state: StateDirectory
    ) throws(CommandFailure) -> TLSFiles.Configuration {
        do {
            return try TLSFiles.load(certificate: state.resolve(files.certificate), key: state.resolve(files.key))
        } catch {
            throw CommandFailure(
                "the TLS certificate or key cannot be used: \(error)",
                hint: "tls: in strongroom.yaml names two PEM files, the certificate with its chain and its key"
            )
        }
    }

    private func makeLogger() throws -> Logger {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("'\(logLevel)' is not a log level.")
        }
        var logger = Logger(label: "strongroom") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }
}

/// Does what has become due: deletions, and what a crash interrupted. What could not be done is tried again.
private struct Maintenance: Service {
    let parts: Assembly

    private static let period = Duration.seconds(5)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await parts.performDueWork()
                try? await Task.sleep(for: Self.period)
            }
        }
    }
}

/// Sends events to the webhook, where there is one.
private struct Delivery: Service {
    let parts: Assembly

    func run() async throws {
        await cancelWhenGracefulShutdown {
            guard let webhook = parts.webhook else {
                // A service that ends would end the server.
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
                return
            }
            await webhook.run { parts.journal.didDeliver([$0]) }
        }
    }
}
