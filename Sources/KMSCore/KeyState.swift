/// A key's state, spelled as AWS KMS documents it.
public enum KeyState: String, Sendable, CaseIterable {
    case creating = "Creating"
    case enabled = "Enabled"
    case disabled = "Disabled"
    case pendingImport = "PendingImport"
    case pendingDeletion = "PendingDeletion"
    case pendingReplicaDeletion = "PendingReplicaDeletion"
    case unavailable = "Unavailable"
    case updating = "Updating"

    /// The end of the sentence that AWS answers a refused call with: `<key ARN> is disabled.`
    var sentence: String {
        switch self {
        case .creating: "is creating."
        case .enabled: "is enabled."
        case .disabled: "is disabled."
        case .pendingImport: "is pending import."
        case .pendingDeletion: "is pending deletion."
        case .pendingReplicaDeletion: "is pending replica deletion."
        case .unavailable: "is unavailable."
        case .updating: "is updating."
        }
    }
}
