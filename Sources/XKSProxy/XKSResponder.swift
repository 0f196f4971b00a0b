package import HTTPFront
import HTTPTypes
package import Hummingbird
import KMSCore
import Logging
import NIOCore
import Synchronization
import XKSCore

/// Answers the requests of the XKS Proxy API; and, while the HSM is not there at the server's start, says so.
package final class XKSResponder: HTTPResponder {
    package typealias Context = FrontRequestContext

    private final class Opened: Sendable {
        let service: XKSService
        init(_ service: XKSService) { self.service = service }
    }

    // Asked by every request, and set once: so no lock.
    private let opened = AtomicLazyReference<Opened>()
    private let limits: ServerLimits
    private let bodies: BodyBudget

    init(_ limits: ServerLimits) {
        self.limits = limits
        bodies = BodyBudget(limit: limits.maximumBodiesTogether)
    }

    /// Serves from now on.
    package func open(_ service: XKSService) {
        _ = opened.storeIfNil(Opened(service))
    }

    package func respond(to request: Request, context: FrontRequestContext) async throws -> Response {
        let target = request.head.path ?? ""
        switch XKSPath(target) {
        case .ping:
            guard request.method == .get || request.method == .head else { return Response(.invalidPath) }
            return .pong
        case .unknown:
            return Response(.invalidPath)
        case .operation(let operation, let prefix, let keyID):
            guard request.method == .post else { return Response(.notPOST) }
            guard let service = opened.load()?.service else { return Response(.notYet) }
            do {
                return try await request.withBody(limit: limits.maximumBody, bodies) { body in
                    await service.answer(
                        XKSService.Received(
                            head: request.head, target: target, operation: operation, prefix: prefix, keyID: keyID,
                            body: body, client: context.client, eventLoop: context.eventLoop))
                }
            } catch let refusal as BodyRefusal {
                return Response(XKSError(refusal), closing: true)
            }
        }
    }
}

extension XKSError {
    fileprivate init(_ refusal: BodyRefusal) {
        self =
            switch refusal {
            case .tooLarge(let limit): .validation("A request's body may have \(limit) bytes at the most.")
            case .tooManyTogether:
                XKSError(.throttling, "The server is receiving too much at the moment. Try again later.")
            }
    }
}

extension Response {
    /// `closing` has the connection end behind it.
    init(_ error: XKSError, closing: Bool = false) {
        self.init(status: HTTPResponse.Status(code: error.status), json: error.body)
        if closing { headers[.connection] = "close" }
        if error.status == 405 { headers[.allow] = "POST" }
    }

    init(status: HTTPResponse.Status, json: [UInt8]) {
        var headers = HTTPFields()
        headers.append(HTTPField(name: .contentType, value: "application/json"))
        headers.append(HTTPField(name: .contentLength, value: String(json.count)))
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }

    fileprivate static var pong: Response {
        Response(status: .ok, json: Array(#"{"status":"ok"}"#.utf8))
    }
}
