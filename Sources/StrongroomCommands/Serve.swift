import ArgumentParser
import Glibc
import HTTPFront
import IAMQuery
import KMSCore
import KMSServer
import Logging
import SQLiteStore
import ServiceLifecycle
import UnixSignals
import XKSCore
import XKSProxy

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
        let directory = StateDirectory(state.path)
        var configuration = try ServerConfiguration.load(directory)
        if let listen { configuration.listen = listen }
        try await Self.serve(configuration, in: directory, logger: try Self.makeLogger(logLevel))
    }

    /// Serves until it is told to stop: the APIs, and the XKS proxy where one is configured.
    ///
    /// - Parameter isForProxy: Whether the proxy's address is what is printed.
    static func serve(
        _ configuration: ServerConfiguration, in directory: StateDirectory, isForProxy: Bool = false, logger: Logger
    ) async throws {
        let address = try ListenAddress(configuration.listen)
        let (_, regions) = try configuration.scopes()
        var server = KMSServerConfiguration(host: address.host, port: address.port, regions: regions)
        if let files = configuration.tls { server.tls = try Self.loadTLS(files, directory) }
        try server.check()
        let proxy = try configuration.proxyConfiguration(in: directory).map { ProxyFront($0, logger: logger) }

        let lock = try ServerLock(directory)
        let metadata = try SQLiteStore(path: directory.database)
        let diary = HSMDiary(clock: SystemClock())
        let tokens = try await Tokens(configuration, directory, lock: lock, metadata: metadata, logger: logger) {
            diary.note($1, of: $0)
        }
        defer { tokens.stop() }
        let keyStores = try ConfiguredKeyStores(configuration, directory, lock: lock, logger: logger) {
            diary.note($1, of: $0)
        }
        let assembler = Assembler(
            configuration, in: directory, backend: tokens.backend, regions: tokens.regions(regions),
            keyStores: keyStores, metadata: metadata,
            logger: logger)
        let requests = RequestCounters()
        let health = proxy.map { proxy in
            XKSHealth(backend: tokens.backend, metadata: metadata, deadline: proxy.deadline) { [tokens] in tokens.fleet
            }
        }
        let metrics = try configuration.metrics.map {
            try Self.serveMetrics($0, tokens, keyStores, requests, proxy?.counters, logger)
        }
        let room = WaitingRoom()
        let opening = Opening(tokens, assembler, diary: diary, logger: logger) { [server] parts, report in
            if let health { proxy?.open(parts, health, report) }
            room.open(
                KMSServer.responder(
                    server, store: parts.store,
                    identities: IAMQueryAPI(identities: parts.identities, xksStores: parts.xksStores),
                    directory: IdentityDirectory(identities: parts.identities), audit: parts.audit,
                    clock: SystemClock(), counters: requests, logger: logger))
        }
        do {
            try await assembler.check()
            // Most often the HSM is there, and then nobody has to be kept waiting, and mistakes are told at once.
            try await opening.begin()
            let others =
                [metrics, try proxy?.application(isPrinted: isForProxy), health.map { HealthWatch(health: $0) }]
                .compactMap(\.self)
            try await run(on: address, server, room, opening, others, isPrinted: !isForProxy, logger)
        } catch {
            try? await opening.stop()
            throw error
        }
        try await opening.stop()
    }

    private static func run(
        on address: ListenAddress, _ configuration: KMSServerConfiguration, _ room: WaitingRoom, _ opening: Opening,
        _ others: [any Service], isPrinted: Bool, _ logger: Logger
    ) async throws {
        let scheme = configuration.tls == nil ? "http" : "https"
        let application = try KMSServer.application(configuration, responder: room, logger: logger) { port in
            let url = "\(scheme)://\(address.bracketedHost):\(port)"
            if isPrinted {
                // Written at once: a pipe would keep a printed line until its buffer is full.
                put("listening on \(url)\n", on: 1)
            } else {
                logger.notice("the API is served", metadata: ["url": "\(url)"])
            }
        }
        let services: [any Service] = [application, opening] + others
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
        _ configuration: ServerConfiguration.Metrics, _ tokens: Tokens, _ keyStores: ConfiguredKeyStores,
        _ requests: RequestCounters, _ xks: XKSCounters?, _ logger: Logger
    ) throws -> any Service {
        let address = try ListenAddress(configuration.listen)
        let page = Metrics(
            tokens: { tokens.statuses }, keyStores: { keyStores.tokens.statuses },
            proxies: { keyStores.proxies.statuses }, requests: requests, xks: xks)
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

    static func makeLogger(_ logLevel: String) throws -> Logger {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("'\(logLevel)' is not a log level.")
        }
        var logger = Logger(label: "strongroom") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }
}
