package import HTTPFront
package import Hummingbird
package import KMSCore
package import Logging

/// Where and how the XKS Proxy API is served.
package struct XKSProxyConfiguration: Sendable {
    package var place: ListeningPlace
    /// Whose certificates are taken, where TLS asks clients for one.
    package var clients: ClientCertificateRule?
    /// The Regions whose names are taken in a credential scope.
    package var regions: Set<Region>
    /// How long a request may take once it is here. AWS KMS waits for 250 ms from its beginning to its end.
    package var deadline = Duration.milliseconds(150)
    package var limits = ServerLimits()

    package init(place: ListeningPlace, clients: ClientCertificateRule? = nil, regions: Set<Region>) {
        self.place = place
        self.clients = clients
        self.regions = regions
        // Additional data beyond what is supported is read, so that it can be told; anything longer is not.
        limits.maximumBody = 256 << 10
    }
}

/// The XKS Proxy API over HTTP: what AWS KMS asks when its keys are in this server's token.
package enum XKSProxyServer {
    /// What answers the requests. ``XKSResponder/open(_:)`` gives it what it answers with.
    package static func responder(_ configuration: XKSProxyConfiguration) -> XKSResponder {
        XKSResponder(configuration.limits)
    }

    /// Builds the server. Running the application serves until it is told to stop, and drains then.
    package static func application(
        _ configuration: XKSProxyConfiguration, responder: XKSResponder, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) throws -> Application<XKSResponder> {
        guard !configuration.regions.isEmpty else { throw ServerSetupError.noRegion }
        return try HTTPFront.application(
            on: configuration.place, configuration.limits, responder: responder, logger: logger,
            acceptingClients: configuration.clients, onListening: onListening)
    }
}

/// The way into this module for those who have no store: the fuzzer.
public enum XKSBodies {
    /// Reads a body as every operation's, and as base64. Never traps, whatever the bytes; what decodes encodes to the
    /// same text.
    public static func read(_ body: [UInt8]) {
        XKSCall.read(body)
        guard let bytes = Base64.decode(body[...]) else { return }
        var text: [UInt8] = []
        // Unsafe in general for the padding of larger elements; bytes have none.
        unsafe Base64.append(bytes.span.bytes, to: &text)
        precondition(text == body, "what decodes encodes to the same text")
    }
}
