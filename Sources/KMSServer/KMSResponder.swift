import FoundationEssentials
import HTTPTypes
package import Hummingbird
import KMSCore
import KMSWire
import Logging
import NIOCore

/// Hummingbird's own knowledge of a request, of which nothing is needed.
package struct KMSRequestContext: InitializableFromSource, Sendable {
    package init(source _: ApplicationRequestContextSource) {}
}

/// Answers every HTTP request: the AWS API at `POST /`, and two health checks.
///
/// It stands in the place of Hummingbird's router, which has little to route here and costs each request a walk
/// through its tree and its middleware.
package struct KMSResponder: HTTPResponder {
    package typealias Context = KMSRequestContext

    let store: KeyStore
    let authenticator: Authenticator
    let operations = OperationTable()
    let readiness: Readiness
    let maximumBody: Int
    let bodies: BodyBudget
    let logger: Logger

    package func respond(to request: Request, context: KMSRequestContext) async throws -> Response {
        let target = request.head.path ?? ""
        let path = target.prefix { $0 != "?" }
        switch (path, request.method) {
        case ("/", .post):
            return try await serve(request, path: path, query: target.dropFirst(path.count + 1))
        case ("/healthz", .get):
            return .health(isWell: true)
        case ("/readyz", .get):
            return .health(isWell: await readiness.isReady)
        case ("/", _), ("/healthz", _), ("/readyz", _):
            return Response(.methodNotAllowed, RequestID())
        default:
            return Response(.pathNotFound, RequestID())
        }
    }

    private func serve(
        _ request: Request, path: Substring, query: Substring
    ) async throws -> Response {
        let id = RequestID()
        do {
            return try await request.withBody(limit: maximumBody, bodies) { body in
                await answer(request, path: path, query: query, body, id)
            }
        } catch let refusal as BodyRefusal {
            logger.log(refusal: refusal.error, of: id)
            return Response(refusal.error, id, closing: true)
        }
    }

    private func answer(
        _ request: Request, path: Substring, query: Substring, _ body: [UInt8], _ id: RequestID
    ) async -> Response {
        do throws(WireError) {
            let caller = try authenticator.authenticate(
                request.head, path: String(path), query: String(query), body: body, id
            )
            let operation = try OperationName(target: request.headers[.amzTarget])
            let answer = try await operations.handler(for: operation)(store, body, caller)
            logger.debug("answered", metadata: ["request": "\(id)", "operation": "\(operation.rawValue)"])
            return Response(.ok, id, answer)
        } catch {
            logger.log(refusal: error, of: id)
            return Response(error, id)
        }
    }
}

extension WireError {
    static let methodNotAllowed = WireError("MethodNotAllowedException", status: 405, "The API is served at POST /.")
    static let pathNotFound = WireError("UnknownOperationException", status: 404, "The API is served at POST /.")
}

extension Logger {
    /// Faults of the server are for its operator; what a caller did wrong is told the caller.
    fileprivate func log(refusal error: WireError, of id: RequestID) {
        log(
            level: error.status >= 500 ? .error : .debug, "refused",
            metadata: [
                "request": "\(id)", "error": "\(error.code)", "message": "\(error.message ?? "")",
                "cause": "\(error.cause ?? "")",
            ]
        )
    }
}
