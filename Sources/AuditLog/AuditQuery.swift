package import KMSCore

/// Which records somebody wants to see, as CloudTrail's LookupEvents asks for them. What is nil is not asked for.
package struct AuditQuery: Sendable {
    /// A key's id or ARN, or an alias's name or ARN.
    package var key: String?
    /// An ARN, a name, a unique id or an access key id: of who called, or of whose session it was.
    package var principal: String?
    /// As in `Decrypt`, in any case.
    package var event: String?
    /// As in `AccessDeniedException`, in any case, with or without its last word.
    package var error: String?
    /// The first and the last moment.
    package var since: Timestamp?
    package var until: Timestamp?

    package init() {}

    package func matches(_ event: AuditEvent) -> Bool {
        matchesTime(event) && matchesName(event) && matchesKey(event) && matchesPrincipal(event)
    }

    private func matchesTime(_ event: AuditEvent) -> Bool {
        // ISO 8601 in one zone sorts as the time does.
        if let since, event.eventTime < since.iso8601 { return false }
        if let until, event.eventTime > until.iso8601 { return false }
        return true
    }

    private func matchesName(_ event: AuditEvent) -> Bool {
        if let wanted = self.event, wanted.lowercased() != event.eventName.lowercased() { return false }
        guard let error = error?.lowercased() else { return true }
        let code = event.errorCode?.lowercased()
        return code == error || code == error + "exception"
    }

    private func matchesKey(_ event: AuditEvent) -> Bool {
        guard let key else { return true }
        let names = (event.resources ?? []).compactMap(\.arn) + (event.requestParameters?.values ?? [])
        // The last part of an ARN: behind a slash a key's id, behind a colon an alias's name.
        return names.contains { $0 == key || $0.hasSuffix("/" + key) || $0.hasSuffix(":" + key) }
    }

    private func matchesPrincipal(_ event: AuditEvent) -> Bool {
        guard let principal else { return true }
        let identity = event.userIdentity
        let issuer = identity.sessionContext?.sessionIssuer
        let names = [
            identity.arn, identity.userName, identity.principalId, identity.accessKeyId, identity.invokedBy,
            issuer?.arn, issuer?.userName,
        ]
        return names.contains(principal) || identity.arn?.hasSuffix("/" + principal) == true
    }

    /// Whether a record can match, by its bytes alone: whatever is asked for stands in it somewhere.
    package func mayMatch(_ record: Span<UInt8>) -> Bool {
        for wanted in [key, principal] {
            guard let wanted else { continue }
            let text = Array(wanted.utf8)
            // What is written with escapes is looked for in the record itself.
            guard text.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }) else { continue }
            guard record.contains(text) else { return false }
        }
        return true
    }
}

extension Span<UInt8> {
    fileprivate func contains(_ text: [UInt8]) -> Bool {
        guard let first = text.first, count >= text.count else { return text.isEmpty }
        for index in 0...(count - text.count) where self[index] == first {
            if starts(with: text, at: index) { return true }
        }
        return false
    }
}
