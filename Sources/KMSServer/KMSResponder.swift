import FoundationEssentials
package import HTTPFront
import HTTPTypes
package import Hummingbird
import IAMQuery
import KMSCore
import KMSWire
import Logging
import NIOCore

/// Answers every HTTP request: the AWS APIs at `POST /`, and two health checks.
///
/// It stands in the place of Hummingbird's router, which has little to route here and costs each request a walk
/// through its tree and its middleware.
package struct KMSResponder: HTTPResponder {
    package typealias Context = FrontRequestContext

    let store: KeyStore
    let identities: IAMQueryAPI
    let authenticator: Authenticator
    let auditor: Auditor
    let operations = OperationTable()
    let counters: RequestCounters
    let isSecure: Bool
    let readiness: Readiness
    let maximumBody: Int
    let bodies: BodyBudget
    let logger: Logger

    package func respond(to request: Request, context: FrontRequestContext) async throws -> Response {
        let target = request.head.path ?? ""
        let path = target.prefix { $0 != "?" }
        switch (path, request.method) {
        case ("/", .post):
            return try await serve(
                request, path: path, query: target.dropFirst(path.count + 1), from: context.client)
        case ("/healthz", .get):
            return .health(isWell: true)
        case ("/readyz", .get):
            return .health(isWell: await readiness.isReady)
        case ("/", _), ("/healthz", _), ("/readyz", _):
            return Response(.methodNotAllowed, FrontRequestID())
        default:
            return Response(.pathNotFound, FrontRequestID())
        }
    }

    private func serve(
        _ request: Request, path: Substring, query: Substring, from client: SocketAddress?
    ) async throws -> Response {
        let id = FrontRequestID()
        do {
            return try await request.withBody(limit: maximumBody, bodies) { body in
                let service = APIService(request.headers, body)
                let call = Call(
                    head: request.head, service: service, path: String(path), query: String(query), body: body,
                    id: id, client: client)
                return switch service {
                case .kms: await answer(call)
                case .query(let api): await answer(call, of: api)
                }
            }
        } catch let refusal as BodyRefusal {
            let error = WireError(refusal)
            logger.log(refusal: error, of: id)
            return Response(error, id, closing: true)
        }
    }

    /// A request whose body has arrived.
    private struct Call {
        let head: HTTPRequest
        let service: APIService
        let path: String
        let query: String
        let body: [UInt8]
        let id: FrontRequestID
        let client: SocketAddress?
    }

    private func authenticate(_ call: Call) throws(WireError) -> CallContext {
        try authenticator.authenticate(
            call.head, to: call.service, path: call.path, query: call.query, body: call.body, call.id,
            from: call.client, isSecure: isSecure)
    }

    private func answer(_ call: Call) async -> Response {
        var name: OperationName?
        do throws(WireError) {
            let caller = try authenticate(call)
            let answer: Data
            do throws(WireError) {
                let operation = try OperationName(target: call.head.headerFields[.amzTarget])
                name = operation
                // Also of what is not served, and of what cannot be read.
                caller.draft.begin(operation.rawValue, isReadOnly: operation.isReadOnly, parameters: nil)
                try auditor.checkAccepting()
                answer = try await operations.handler(for: operation)(store, call.body, caller)
                logger.debug("answered", metadata: ["request": "\(call.id)", "operation": "\(operation.rawValue)"])
            } catch {
                try auditor.record(caller, error)
                throw error
            }
            // What could not be recorded is not told either.
            try auditor.record(caller, nil)
            if let name { counters.count(name) }
            return Response(.ok, call.id, answer)
        } catch {
            counters.count(name, error)
            logger.log(refusal: error, of: call.id)
            return Response(error, call.id)
        }
    }

    private func answer(_ call: Call, of api: QueryService?) async -> Response {
        do throws(WireError) {
            let caller = try authenticate(call)
            try auditor.checkAccepting()
            let answer = await identities.answer(call.body, by: caller)
            try auditor.record(caller, refusal: answer.failure)
            if let failure = answer.failure {
                logger.log(
                    refusal: WireError(failure.code, status: answer.status, failure.message, cause: answer.cause),
                    of: call.id)
            }
            return Response(answer, call.id)
        } catch {
            logger.log(refusal: error, of: call.id)
            let refusal = QueryError(jsonCode: error.code, status: error.status, error.message, cause: error.cause)
            return Response(QueryAnswer(refusal, of: api, requestID: call.id.description), call.id)
        }
    }
}

extension WireError {
    /// Whether it may be of a customer's HSM or of an XKS proxy, and not of the request.
    fileprivate var isOfKeyStore: Bool {
        code == "KMSInvalidStateException" || ["CloudHsm", "CustomKeyStore", "Xks"].contains { code.hasPrefix($0) }
    }

    static let methodNotAllowed = WireError("MethodNotAllowedException", status: 405, "The API is served at POST /.")
    static let pathNotFound = WireError("UnknownOperationException", status: 404, "The API is served at POST /.")
}

extension WireError {
    fileprivate init(_ refusal: BodyRefusal) {
        self =
            switch refusal {
            case .tooLarge(let limit):
                WireError(
                    "RequestEntityTooLargeException", status: 413,
                    "A request's body may have \(limit) bytes at the most.")
            case .tooManyTogether:
                WireError(
                    "ThrottlingException", "The server is receiving too much at the moment. Try again later.")
            }
    }
}

extension Logger {
    /// Faults of the server are for its operator, and so are those of what custom key stores stand on; what a caller did
    /// wrong is told the caller.
    fileprivate func log(refusal error: WireError, of id: FrontRequestID) {
        let level: Level =
            if error.status >= 500 {
                .error
            } else if error.cause != nil, error.isOfKeyStore {
                .warning
            } else {
                .debug
            }
        log(
            level: level, "refused",
            metadata: [
                "request": "\(id)", "error": "\(error.code)", "message": "\(error.message ?? "")",
                "cause": "\(error.cause ?? "")",
            ]
        )
    }
}
