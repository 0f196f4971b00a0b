import FoundationEssentials

/// What the service answered in place of a result.
package struct KMSAPIError: Error, Equatable, Sendable {
    /// AWS's name for it, such as `NotFoundException`; `HTTP 502` where the answer has none, as a proxy's.
    package let code: String
    /// Empty where the service says nothing.
    package let message: String
    /// What to give the service's operator.
    package let requestID: String?
    package let httpStatus: Int

    package init(code: String, message: String, requestID: String?, httpStatus: Int) {
        self.code = code
        self.message = message
        self.requestID = requestID
        self.httpStatus = httpStatus
    }

    /// Reads an answer of AWS's JSON protocol.
    ///
    /// `__type` may have a namespace before `#` and, as the x-amzn-ErrorType header, a URI after `:`. The message is
    /// `message` or `Message`, by the layer that made it.
    ///
    /// - Parameter errorType: The x-amzn-ErrorType header, for answers whose body does not name the error.
    package init(httpStatus: Int, errorType: String?, requestID: String?, body: [UInt8]) {
        let answer = try? JSONDecoder().decode(Answer.self, from: Data(body))
        self.init(
            code: (answer?.type ?? errorType).flatMap(Self.bareCode) ?? "HTTP \(httpStatus)",
            message: answer?.message ?? answer?.capitalizedMessage ?? "",
            requestID: requestID, httpStatus: httpStatus)
    }

    private static func bareCode(_ type: String) -> String? {
        let name = type.prefix { $0 != ":" }.split(separator: "#").last.map(String.init)
        return name.flatMap { $0.isEmpty ? nil : $0 }
    }

    private struct Answer: Decodable {
        var type: String?
        var message: String?
        var capitalizedMessage: String?

        enum CodingKeys: String, CodingKey {
            case type = "__type"
            case message
            case capitalizedMessage = "Message"
        }
    }
}

extension KMSAPIError: CustomStringConvertible {
    package var description: String {
        let text = message.isEmpty ? code : "\(code): \(message)"
        return requestID.map { "\(text) (request \($0))" } ?? text
    }
}
