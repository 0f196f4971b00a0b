import ArgumentParser
import HSMWorkerProtocol
import HTTPFront
import KMSServer
import Logging
import ServiceLifecycle
import XKSCore
import XKSProxy

/// The XKS proxy of a server: what listens, and what answers once the HSM is there.
struct ProxyFront: Sendable {
    let counters = XKSCounters()
    private let configuration: XKSProxyConfiguration
    private let responder: XKSResponder
    private let logger: Logger

    init(_ configuration: XKSProxyConfiguration, logger: Logger) {
        self.configuration = configuration
        responder = XKSProxyServer.responder(configuration)
        self.logger = logger
    }

    /// How long a request may take.
    var deadline: Duration { configuration.deadline }

    /// - Parameter isPrinted: Whether the address goes to standard output, rather than into the log.
    func application(isPrinted: Bool) throws -> any Service {
        let scheme = configuration.place.tls == nil ? "http" : "https"
        let host = configuration.place.host.contains(":") ? "[\(configuration.place.host)]" : configuration.place.host
        return try XKSProxyServer.application(configuration, responder: responder, logger: logger) { port in
            let url = "\(scheme)://\(host):\(port)"
            if isPrinted {
                put("listening on \(url)\n", on: 1)
            } else {
                logger.notice("the XKS proxy is served", metadata: ["url": "\(url)"])
            }
        }
    }

    func open(_ parts: Assembly, _ health: XKSHealth, _ report: TokenReport) {
        let version = StrongroomCommand.configuration.version
        responder.open(
            XKSService(
                configuration, stores: parts.xksStores, health: health,
                product: XKSProduct(
                    model: "Strongroom \(version)", ekmVendor: report.manufacturer, ekmModel: report.model),
                audit: parts.audit, counters: counters, logger: logger))
    }
}

/// Proves over and over that keys work, for GetHealthStatus.
struct HealthWatch: Service {
    let health: XKSHealth

    func run() async throws {
        await cancelWhenGracefulShutdown { await health.run() }
    }
}
