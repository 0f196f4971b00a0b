import HTTPFront
import HTTPTypes
import Hummingbird
package import KMSCore
package import Logging
import NIOCore
package import XKSCore

/// What answers, once the server has its keys: one record for every request whose sender is known.
package struct XKSService: Sendable {
    private let stores: XKSStores
    private let health: XKSHealth
    private let product: XKSProduct
    private let authenticator: XKSAuthenticator
    private let audit: any AuditSink
    private let counters: XKSCounters
    private let deadline: Duration
    private let isSecure: Bool
    private let logger: Logger

    package init(
        _ configuration: XKSProxyConfiguration, stores: XKSStores, health: XKSHealth, product: XKSProduct,
        audit: any AuditSink, counters: XKSCounters, logger: Logger
    ) {
        self.stores = stores
        self.health = health
        self.product = product
        authenticator = XKSAuthenticator(regions: configuration.regions, stores: stores)
        self.audit = audit
        self.counters = counters
        deadline = configuration.deadline
        isSecure = configuration.place.tls != nil
        self.logger = logger
    }

    /// A request that has come in whole.
    struct Received {
        let head: HTTPRequest
        let target: String
        let operation: XKSOperation
        let prefix: String
        let keyID: String?
        let body: [UInt8]
        let client: SocketAddress?
        let eventLoop: any EventLoop
    }

    func answer(_ request: Received) async -> Response {
        let start = ContinuousClock.now
        let id = FrontRequestID().description
        let caller: XKSCaller
        do throws(XKSError) {
            caller = try authenticate(request)
        } catch {
            counters.count(request.operation, of: nil, error, start.duration(to: .now))
            log(error, of: id, request)
            return Response(error)
        }
        var call = XKSCall(request.operation, keyID: request.keyID, by: caller, requestID: id)
        var result = await serve(&call, request)
        let time = start.duration(to: .now)
        do throws(KMSError) {
            try audit.append(record(of: call, request, result.failure, time))
        } catch {
            // What could not be recorded is not told either.
            result = .failure(XKSError(error))
        }
        counters.count(request.operation, of: caller.store.store.prefix, result.failure, time)
        switch result {
        case .success(let body):
            return Response(status: .ok, json: body)
        case .failure(let error):
            log(error, of: id, request)
            return Response(error)
        }
    }

    private func authenticate(_ request: Received) throws(XKSError) -> XKSCaller {
        let caller = try authenticator.authenticate(request.head, path: request.target, body: request.body)
        guard caller.store.store.prefix == request.prefix else {
            // Only one who has a credential learns that there is no such store; of others' stores not even that.
            guard stores.hasStore(request.prefix) else { throw .invalidPath }
            throw XKSError(
                .authenticationFailed, "The request's signature, credential or date is not valid.",
                cause: "the credential is of another store")
        }
        return caller
    }

    private func serve(_ call: inout XKSCall, _ request: Received) async -> Result<[UInt8], XKSError> {
        do throws(XKSError) {
            do throws(KMSError) {
                try audit.checkAccepting()
                let store = call.caller.store
                guard store.store.isEnabled else {
                    throw KMSError(.invalidState, "The external key store is disabled.")
                }
                try store.spend(at: stores.clock.now)
            } catch {
                throw XKSError(error)
            }
            switch try call.prepare(request.body, on: stores, health, product) {
            case .answer(let body):
                return .success(body)
            case .work(let work):
                return await Deadline.run(
                    within: deadline, on: request.eventLoop, otherwise: .failure(.timeout), work)
            }
        } catch {
            return .failure(error)
        }
    }

    /// Faults of the server are for its operator; what a caller did wrong is told the caller.
    private func log(_ error: XKSError, of id: String, _ request: Received) {
        logger.log(
            level: error.status >= 500 ? .error : .debug, "refused",
            metadata: [
                "request": "\(id)", "operation": "\(request.operation.rawValue)", "error": "\(error.name.rawValue)",
                "message": "\(error.message)", "cause": "\(error.cause ?? "")",
            ])
    }

    private func record(
        of call: XKSCall, _ request: Received, _ error: XKSError?, _ time: Duration
    ) -> AuditRecord {
        let store = call.caller.store.store
        return AuditRecord(
            id: .randomUUID(), date: stores.clock.now, source: "kms-xks-proxy.amazonaws.com",
            name: call.operation.rawValue, region: store.scope.region.description, caller: call.caller.identity,
            origin: CallOrigin(
                sourceIP: request.client?.ipAddress ?? "unknown",
                userAgent: request.head.headerFields[.userAgent] ?? "", isSecure: isSecure),
            requestID: call.requestID,
            requestParameters: .object(
                ("store", .string(store.prefix)), ("externalKeyId", call.keyID.map { .string($0) }),
                ("requestMetadata", call.metadata?.auditValue)),
            error: error.map { AuditRecord.Failure(code: $0.name.rawValue, message: $0.message) },
            resources: call.key.map {
                [AuditRecord.Resource(arn: $0.arn, account: store.scope.account, type: "AWS::KMS::Key")]
            } ?? [],
            isReadOnly: true, recipient: store.scope.account, decisions: call.decision.map { [$0] } ?? [],
            additional: [AuditValue.Member("durationMicroseconds", .integer(time.microseconds))])
    }
}

extension Result where Failure == XKSError {
    fileprivate var failure: XKSError? {
        if case .failure(let error) = self { error } else { nil }
    }
}

extension Duration {
    fileprivate var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}

extension XKSRequestMetadata {
    fileprivate var auditValue: AuditValue {
        .object(
            ("awsPrincipalArn", awsPrincipalARN.isEmpty ? nil : .string(awsPrincipalARN)),
            ("kmsKeyArn", kmsKeyARN.map { .string($0) }), ("kmsOperation", .string(kmsOperation)),
            ("kmsRequestId", .string(kmsRequestID)), ("kmsViaService", kmsViaService.map { .string($0) }),
            ("awsSourceVpc", awsSourceVPC.map { .string($0) }), ("awsSourceVpce", awsSourceVPCE.map { .string($0) }))
    }
}
