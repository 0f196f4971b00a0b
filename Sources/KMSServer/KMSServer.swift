package import HTTPFront
package import Hummingbird
package import IAMQuery
package import KMSCore
package import Logging

/// The AWS KMS API over HTTP.
package enum KMSServer {
    /// Builds the server. Running the application serves until it is told to stop, and drains then.
    ///
    /// - Parameters:
    ///   - onListening: Called once, with the port that was bound.
    /// - Throws: ``ServerSetupError``, and what the TLS configuration is refused with.
    package static func application(
        _ configuration: KMSServerConfiguration, store: KeyStore, identities: IAMQueryAPI,
        directory: any CredentialDirectory, audit: any AuditSink, clock: any KMSClock, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) throws -> Application<KMSResponder> {
        try application(
            configuration,
            responder: responder(
                configuration, store: store, identities: identities, directory: directory, audit: audit, clock: clock,
                logger: logger),
            logger: logger, onListening: onListening)
    }

    /// What answers the requests.
    package static func responder(
        _ configuration: KMSServerConfiguration, store: KeyStore, identities: IAMQueryAPI,
        directory: any CredentialDirectory, audit: any AuditSink, clock: any KMSClock,
        counters: RequestCounters = RequestCounters(), logger: Logger
    ) -> KMSResponder {
        KMSResponder(
            store: store,
            identities: identities,
            authenticator: Authenticator(regions: configuration.regions, directory: directory, clock: clock),
            auditor: Auditor(sink: audit, clock: clock),
            counters: counters,
            isSecure: configuration.tls != nil,
            readiness: Readiness(of: store),
            maximumBody: configuration.limits.maximumBody,
            bodies: BodyBudget(limit: configuration.limits.maximumBodiesTogether),
            logger: logger
        )
    }

    /// The same with a responder that is made already, or that can wait for one.
    package static func application<R: HTTPResponder>(
        _ configuration: KMSServerConfiguration, responder: R, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) throws -> Application<R> where R.Context == FrontRequestContext {
        try configuration.check()
        return try HTTPFront.application(
            on: configuration.place, configuration.limits, responder: responder, logger: logger,
            onListening: onListening)
    }
}
