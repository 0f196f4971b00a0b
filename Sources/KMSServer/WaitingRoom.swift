package import HTTPFront
package import Hummingbird
import IAMQuery
import KMSWire
import Logging
import Synchronization

/// Answers while the server cannot serve yet, because its HSM is away at its start; then hands everything on.
///
/// A client finds a server that asks it to try again, rather than none; and its SDK does so by itself.
package final class WaitingRoom: HTTPResponder {
    package typealias Context = FrontRequestContext

    private final class Opened: Sendable {
        let responder: KMSResponder
        init(_ responder: KMSResponder) { self.responder = responder }
    }

    // Asked by every request, and set once: so no lock.
    private let opened = AtomicLazyReference<Opened>()

    package init() {}

    /// Serves from now on.
    package func open(_ responder: KMSResponder) {
        _ = opened.storeIfNil(Opened(responder))
    }

    package func respond(to request: Request, context: FrontRequestContext) async throws -> Response {
        if let opened = opened.load() { return try await opened.responder.respond(to: request, context: context) }
        let path = (request.head.path ?? "").prefix { $0 != "?" }
        let id = FrontRequestID()
        switch (path, request.method) {
        case ("/", .post):
            switch APIService(request.headers, []) {
            case .kms: return Response(.notYet, id)
            case .query(let service):
                let refusal = QueryError(
                    jsonCode: WireError.notYet.code, status: WireError.notYet.status, WireError.notYet.message)
                return Response(QueryAnswer(refusal, of: service, requestID: id.description), id)
            }
        case ("/healthz", .get): return .health(isWell: true)
        case ("/readyz", .get): return .health(isWell: false)
        case ("/", _), ("/healthz", _), ("/readyz", _): return Response(.methodNotAllowed, id)
        default: return Response(.pathNotFound, id)
        }
    }
}

extension WireError {
    fileprivate static let notYet = WireError(
        "KMSInternalException", status: 500, "The server's HSM is not available yet. Try again later.")
}
