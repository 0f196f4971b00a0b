extension AuditRecord {
    /// What the fields may take, in bytes: as much as CloudTrail lets them, so that a record stays below 256 KB.
    private enum Limit {
        static let text = 1024
        static let type = 128
        static let resources = 8
        static let elements = 100 * 1024
        static let additional = 28 * 1024
    }

    /// One JSON object in CloudTrail's shape, without a line end. `eventID` is the last member of that name in the text,
    /// whatever callers put into their requests.
    package var json: [UInt8] {
        var text = JSONText(capacity: 2048)
        text.object { text in
            text.member("eventVersion", "1.11")
            text.name("userIdentity")
            writeIdentity(to: &text)
            text.member("eventTime", date.iso8601)
            text.member("eventSource", source, limit: Limit.text)
            text.member("eventName", name, limit: Limit.text)
            text.member("awsRegion", region)
            text.member("sourceIPAddress", origin?.sourceIP ?? Self.inside, limit: Limit.text)
            text.member("userAgent", origin?.userAgent ?? Self.inside, limit: Limit.text)
            if let error {
                text.member("errorCode", error.code, limit: Limit.text)
                if !error.message.isEmpty { text.member("errorMessage", error.message, limit: Limit.text) }
            }
            text.name("requestParameters")
            text.bounded(Limit.elements, requestParameters ?? .null)
            text.name("responseElements")
            text.bounded(Limit.elements, responseElements ?? .null)
            if !decisions.isEmpty || !additional.isEmpty {
                text.name("additionalEventData")
                text.bounded(Limit.additional) { writeAdditional(to: &$0) }
            }
            if !requestID.isEmpty { text.member("requestID", requestID, limit: Limit.text) }
            text.member("eventID", id)
            text.member("readOnly", isReadOnly)
            if !resources.isEmpty { writeResources(to: &text) }
            text.member("eventType", isServiceEvent ? "AwsServiceEvent" : "AwsApiCall")
            text.member("managementEvent", true)
            text.member("recipientAccountId", recipient.description)
            text.member("eventCategory", "Management")
            if let origin, origin.isSecure { writeTLS(of: origin, to: &text) }
        }
        return text.bytes
    }

    /// What CloudTrail writes for where a call came from that no client made.
    static let inside = "AWS Internal"

    private func writeResources(to text: inout JSONText) {
        text.name("resources")
        text.array { text in
            for resource in resources.prefix(Limit.resources) {
                text.object { text in
                    text.member("accountId", resource.account.description)
                    text.member("type", resource.type, limit: Limit.type)
                    text.member("ARN", resource.arn, limit: Limit.text)
                }
            }
        }
    }

    private func writeTLS(of origin: CallOrigin, to text: inout JSONText) {
        text.name("tlsDetails")
        text.object { text in
            if let version = origin.tlsVersion { text.member("tlsVersion", version, limit: Limit.text) }
            if let host = origin.host { text.member("clientProvidedHostHeader", host, limit: Limit.text) }
        }
    }

    private func writeAdditional(to text: inout JSONText) {
        text.object { text in
            for member in additional { text.member(member) }
            guard !decisions.isEmpty else { return }
            text.name("decisions")
            text.array { text in
                for note in decisions { note.write(to: &text) }
            }
        }
    }
}
