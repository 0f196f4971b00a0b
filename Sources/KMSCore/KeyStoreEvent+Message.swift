extension KeyStoreEvent {
    /// What somebody outside hears of it, in the shape of an Amazon EventBridge event ("AWS service events", EventBridge
    /// User Guide); nil for what is for the operator's log alone. Where AWS KMS has an event for it, it is that one.
    package func message(at date: Timestamp) -> OutboxItem? {
        guard let content else { return nil }
        let id = String.randomUUID()
        var text = JSONText(capacity: 512)
        text.object { text in
            text.member("version", "0")
            text.member("id", id)
            text.member("detail-type", content.type)
            text.member("source", content.isAWS ? "aws.kms" : "strongroom.kms")
            text.member("account", content.scope?.account.description ?? "")
            text.member("time", date.iso8601)
            text.member("region", content.scope?.region.description ?? "")
            text.name("resources")
            text.value(AuditValue.strings(content.key.map { [$0.arn] } ?? []))
            text.name("detail")
            text.value(AuditValue.object(content.detail.map { AuditValue.Member($0.0, .string($0.1)) }))
        }
        return OutboxItem(id: id, queue: .events, body: text.bytes, date: date)
    }

    private struct Content {
        let type: String
        let key: KeyAddress?
        let scope: Scope?
        let isAWS: Bool
        let detail: [(String, String)]

        init(_ type: String, _ key: KeyAddress?, isAWS: Bool = false, _ detail: [(String, String)] = []) {
            self.type = type
            self.key = key
            scope = key?.scope
            self.isAWS = isAWS
            self.detail = (key.map { [("key-id", $0.id.description)] } ?? []) + detail
        }

        init(_ type: String, _ store: CustomKeyStore, _ detail: [(String, String)] = []) {
            self.type = type
            key = nil
            scope = store.scope
            isAWS = false
            self.detail = [("custom-key-store-id", store.id.description)] + detail
        }
    }

    private var content: Content? {
        switch self {
        case .keyRotated(let key, _, let kind):
            Content("KMS CMK Rotation", key, isAWS: true, [("rotation-type", kind.rawValue)])
        case .keyDestroyed(let key):
            Content("KMS CMK Deletion", key, isAWS: true)
        case .importedMaterialDestroyed(let key, let id, hadExpired: true):
            Content("KMS Imported Key Material Expiration", key, isAWS: true, [("key-material-id", id)])
        case .importedMaterialDestroyed(let key, let id, hadExpired: false):
            Content("KMS Imported Key Material Deletion", key, [("key-material-id", id)])
        case .materialExpiring(let key, let id, let date):
            Content(
                "KMS Imported Key Material Expiration Approaching", key,
                [("key-material-id", id), ("expiration-date", date.iso8601)])
        case .deletionScheduled(let key, let date):
            Content("KMS CMK Deletion Scheduled", key, [("deletion-date", date.iso8601)])
        case .deletionCancelled(let key):
            Content("KMS CMK Deletion Cancelled", key)
        case .keyDisabled(let key):
            Content("KMS CMK Disabled", key)
        case .materialMissing(let key, let number, _):
            Content("KMS Key Material Missing", key, [("material-number", String(number))])
        case .materialFoundAgain(let key, let number):
            Content("KMS Key Material Found Again", key, [("material-number", String(number))])
        case .keyStoreConnected(let store):
            Content("KMS Custom Key Store Connected", store)
        case .keyStoreDisconnected(let store):
            Content("KMS Custom Key Store Disconnected", store)
        case .keyStoreFailed(let store, let code, _):
            Content("KMS Custom Key Store Connection Failed", store, [("connection-error-code", code.rawValue)])
        case .materialLeftBehind(let key, let objects):
            Content(
                "KMS Key Material Left Behind", key,
                [("objects", objects.map(\.description).joined(separator: " "))])
        case .hsmLost:
            Content("HSM Lost", nil)
        case .hsmFoundAgain:
            Content("HSM Found Again", nil)
        case .workPostponed, .destructionRefused, .creationUndone, .replicationGivenUp, .materialImported,
            .keyNotUnderstood,
            .policyNotUnderstood:
            nil
        }
    }
}
