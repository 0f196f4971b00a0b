import FoundationEssentials

/// What is read again out of a record: the members that people look for and are shown.
package struct AuditEvent: Decodable, Sendable {
    package struct Identity: Decodable, Sendable {
        package let type: String?
        package let principalId: String?
        package let arn: String?
        package let accountId: String?
        package let accessKeyId: String?
        package let userName: String?
        package let invokedBy: String?
        package let sessionContext: Session?
    }

    package struct Session: Decodable, Sendable {
        package struct Issuer: Decodable, Sendable {
            package let arn: String?
            package let userName: String?
        }

        package let sessionIssuer: Issuer?
    }

    package struct Resource: Decodable, Sendable {
        package let arn: String?

        private enum CodingKeys: String, CodingKey {
            case arn = "ARN"
        }
    }

    package struct Additional: Decodable, Sendable {
        package let decisions: [Decision]?
    }

    package struct Decision: Decodable, Sendable {
        package struct Reason: Decodable, Sendable {
            package let text: String?
        }

        package let action: String
        package let allowed: Bool
        package let reason: Reason
    }

    package let eventID: String
    package let eventTime: String
    package let eventSource: String
    package let eventName: String
    package let awsRegion: String
    package let sourceIPAddress: String
    package let userIdentity: Identity
    package let errorCode: String?
    package let errorMessage: String?
    package let requestID: String?
    package let resources: [Resource]?
    package let additionalEventData: Additional?
    package let requestParameters: Names?

    /// The names of keys and aliases in the parameters, whatever operation they are of.
    package struct Names: Decodable, Sendable {
        package let values: [String]

        private struct Name: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        package init(from decoder: any Decoder) throws {
            guard let members = try? decoder.container(keyedBy: Name.self) else {
                values = []
                return
            }
            values = ["keyId", "targetKeyId", "sourceKeyId", "destinationKeyId", "aliasName"].compactMap { name in
                try? members.decode(String.self, forKey: Name(stringValue: name))
            }
        }
    }

    /// Nil for what is no record of this log.
    package init?(_ record: [UInt8]) {
        guard let event = try? JSONDecoder().decode(AuditEvent.self, from: Data(record)) else { return nil }
        self = event
    }

    /// Why it was refused, as the policies' decision says it.
    package var refusal: String? {
        additionalEventData?.decisions?.last { !$0.allowed }?.reason.text
    }

    /// Who it was, in as few words as tell.
    package var who: String {
        userIdentity.arn ?? userIdentity.invokedBy ?? userIdentity.principalId ?? userIdentity.accountId ?? "unknown"
    }
}
