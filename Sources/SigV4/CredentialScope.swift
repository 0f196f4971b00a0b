/// What a signing key is good for: one day, one Region, one service.
public struct CredentialScope: Hashable, Sendable {
    /// `yyyymmdd`, in UTC.
    public let day: String
    public let region: String
    public let service: String

    static let terminator = "aws4_request"

    public init(day: String, region: String, service: String) {
        self.day = day
        self.region = region
        self.service = service
    }

    /// The scope as it stands in the string to sign: `20150830/us-east-1/kms/aws4_request`.
    public var text: String { "\(day)/\(region)/\(service)/\(Self.terminator)" }
}

extension [UInt8] {
    mutating func append(_ scope: CredentialScope) {
        append(contentsOf: scope.day.utf8)
        append(UInt8(ascii: "/"))
        append(contentsOf: scope.region.utf8)
        append(UInt8(ascii: "/"))
        append(contentsOf: scope.service.utf8)
        append(UInt8(ascii: "/"))
        append(contentsOf: CredentialScope.terminator.utf8)
    }
}
