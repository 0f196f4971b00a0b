import ArgumentParser
import Glibc
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
            /readyz need no signature. While the HSM cannot be used, every request is answered with an error that has SDKs \
            try again, and serving begins when it can.
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
        let address = try ListenAddress(listen ?? configuration.listen)
        let (_, regions) = try configuration.scopes()
        var server = KMSServerConfiguration(host: address.host, port: address.port, regions: regions)
        if let files = configuration.tls { server.tls = try Self.loadTLS(files, directory) }
        try server.check()

        let lock = try ServerLock(directory)
        let metadata = try SQLiteStore(path: directory.database)
        let diary = HSMDiary(clock: SystemClock())
        let tokens = try await Tokens(configuration, directory, lock: lock, metadata: metadata, logger: logger) {
            diary.note($1, of: $0)
        }
        defer { tokens.stop() }
        let assembler = Assembler(
            configuration, in: directory, backend: tokens.backend, regions: tokens.regions(regions), metadata: metadata,
            logger: logger)
        let requests = RequestCounters()
        let metrics = try configuration.metrics.map { try Self.serveMetrics($0, tokens, requests, logger) }
        let room = WaitingRoom()
        let opening = Opening(tokens, assembler, diary: diary, logger: logger) { [server] parts in
            room.open(
                KMSServer.responder(
                    server, store: parts.store, identities: IAMQueryAPI(identities: parts.identities),
                    directory: IdentityDirectory(identities: parts.identities), audit: parts.audit,
                    clock: SystemClock(), counters: requests, logger: logger))
        }
        do {
            try await assembler.check()
            // Most often the HSM is there, and then nobody has to be kept waiting, and mistakes are told at once.
            try await opening.begin()
            try await serve(on: address, server, room, opening, metrics, logger)
        } catch {
            try? await opening.stop()
            throw error
        }
        try await opening.stop()
    }

    private func serve(
        on address: ListenAddress, _ configuration: KMSServerConfiguration, _ room: WaitingRoom, _ opening: Opening,
        _ metrics: (any Service)?, _ logger: Logger
    ) async throws {
        let scheme = configuration.tls == nil ? "http" : "https"
        let application = try KMSServer.application(configuration, responder: room, logger: logger) { port in
            // Written at once: a pipe would keep a printed line until its buffer is full.
            let line = Array("listening on \(scheme)://\(address.bracketedHost):\(port)\n".utf8)
            _ = unsafe line.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
        }
        let services: [any Service] = [application, opening] + (metrics.map { [$0] } ?? [])
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map {
                    .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do {
            try await group.run()
        } catch {
            if let failure = opening.failure { throw failure }
            throw CommandFailure(
                "the server ended: \(error)",
                hint: "if it could not listen on \(address.bracketedHost):\(address.port), choose another address with "
                    + "--listen"
            )
        }
    }

    private static func serveMetrics(
        _ configuration: ServerConfiguration.Metrics, _ tokens: Tokens, _ requests: RequestCounters, _ logger: Logger
    ) throws -> any Service {
        let address = try ListenAddress(configuration.listen)
        let page = Metrics(tokens: { tokens.statuses }, requests: requests)
        return try MetricsPage.application(
            host: address.host, port: address.port, logger: logger,
            onListening: { port in
                logger.notice(
                    "metrics are served", metadata: ["url": "http://\(address.bracketedHost):\(port)/metrics"])
            }, text: { page.text })
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
