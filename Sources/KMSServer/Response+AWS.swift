import FoundationEssentials
import HTTPFront
import HTTPTypes
import Hummingbird
import IAMQuery
import KMSWire
import NIOCore

extension HTTPField.Name {
    // The names are constants, and valid ones.
    static let amzTarget = HTTPField.Name("X-Amz-Target")!
    static let amznRequestID = HTTPField.Name("x-amzn-RequestId")!
}

extension Response {
    /// An answer of the AWS JSON 1.1 protocol.
    init(_ status: HTTPResponse.Status, _ id: FrontRequestID, _ body: Data) {
        var headers = HTTPFields()
        headers.append(HTTPField(name: .contentType, value: "application/x-amz-json-1.1"))
        headers.append(HTTPField(name: .amznRequestID, value: id.description))
        headers.append(HTTPField(name: .contentLength, value: String(body.count)))
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// An answer of the query protocol.
    init(_ answer: QueryAnswer, _ id: FrontRequestID) {
        var headers = HTTPFields()
        headers.append(HTTPField(name: .contentType, value: "text/xml"))
        headers.append(HTTPField(name: .amznRequestID, value: id.description))
        headers.append(HTTPField(name: .contentLength, value: String(answer.body.count)))
        self.init(
            status: HTTPResponse.Status(code: answer.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }

    /// An error. `closing` has ``ConnectionPatience`` end the connection behind it.
    init(_ error: WireError, _ id: FrontRequestID, closing: Bool = false) {
        self.init(HTTPResponse.Status(code: error.status), id, error.body)
        if closing { headers[.connection] = "close" }
        if error.status == 405 { headers[.allow] = "POST" }
    }

    static func health(isWell: Bool) -> Response {
        Response(
            status: isWell ? .ok : .serviceUnavailable, headers: [.contentType: "application/json"],
            body: ResponseBody(
                byteBuffer: ByteBuffer(string: isWell ? #"{"status":"ok"}"# : #"{"status":"unavailable"}"#))
        )
    }
}
