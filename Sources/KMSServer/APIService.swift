import HTTPTypes
import IAMQuery
import KMSWire

/// Which of the APIs at `POST /` a request is for.
enum APIService: Hashable, Sendable {
    /// AWS JSON 1.1, the operation in X-Amz-Target.
    case kms
    /// The query protocol, all of it in the body; nil if that does not tell which API it is for.
    case query(QueryService?)

    init(_ headers: HTTPFields, _ body: [UInt8]) {
        let isQuery =
            headers[.amzTarget] == nil
            && headers[.contentType]?.hasPrefix("application/x-www-form-urlencoded") == true
        self = isQuery ? .query(QueryService(of: body)) : .kms
    }

    /// As a signature's scope names it. What tells nothing is taken for IAM's, which is the older.
    var signedName: String {
        switch self {
        case .kms: "kms"
        case .query(let service): (service ?? .iam).rawValue
        }
    }
}
