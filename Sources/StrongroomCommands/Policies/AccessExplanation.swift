import IAMCore
import KMSCore
import KMSPolicy

/// A decision for its reader: what it is, why, and what would change it.
struct AccessExplanation {
    let principal: String
    /// As in `kms:Decrypt`.
    let action: String
    let outcomes: [AccessRehearsal.Outcome]

    var isAllowed: Bool { outcomes.allSatisfy(\.decision.isAllowed) }

    var text: String {
        outcomes.map { outcome in
            let absent = outcome.absentKeys.map(\.text).sorted().joined(separator: ", ")
            return aligned([
                (outcome.decision.isAllowed ? "allowed" : "denied", "\(action) on \(outcome.resource)"),
                ("principal", principal), ("because", reason(of: outcome)), ("needed", need(of: outcome)),
                ("without a value", absent.isEmpty ? nil : "\(absent) (give what the request has with --condition)"),
            ])
        }.joined(separator: "\n\n")
    }

    func reason(of outcome: AccessRehearsal.Outcome) -> String {
        switch outcome.decision.reason {
        case .allowed(let source, let statement?): "\(statement.text) of \(source.text) allows it"
        case .allowed(let source, nil): "\(source.text) allows it"
        case .allowedToRoot: "the caller is the account's root, which needs no identity policy"
        case .denied(let source, let statement): "\(statement.text) of \(source.text) denies it"
        case .notAllowed(let missing): "no \(missing.rawValue) allows it"
        case .notAcrossAccounts: "\(action) never works from another account than the key's"
        }
    }

    /// What it would take; nil for what is allowed.
    func need(of outcome: AccessRehearsal.Outcome) -> String? {
        let (resource, owner) = (outcome.resource, outcome.owner)
        switch outcome.decision.reason {
        case .allowed, .allowedToRoot:
            return nil
        case .denied:
            return "another statement there: nothing overrules an explicit deny"
        case .notAllowed(by: .identityPolicy):
            let policy = "an identity policy that allows \(principal) \(action) on \(resource)"
            guard outcome.isOfKey else { return policy }
            return policy
                + (owner == account
                    ? ", a statement of the key policy that names the principal, or a grant"
                    : ", for the key is another account's; or a grant")
        case .notAllowed(by: .resourcePolicy):
            let whom = owner == account ? "\(principal), or account \(account) with an identity policy," : principal
            return "a statement of the key policy that allows \(whom) \(action), or a grant"
        case .notAllowed(by: .permissionsBoundary):
            return "a permissions boundary of the principal that allows \(action) on \(resource)"
        case .notAllowed(by: .sessionPolicy):
            return "a session whose policy allows \(action) on \(resource)"
        case .notAcrossAccounts:
            return "a principal of account \(owner)"
        }
    }

    /// The principal's.
    private var account: String { AccessRehearsal.Outcome.account(in: principal) }
}

extension AccessRehearsal.Outcome {
    var isOfKey: Bool { resource.contains(":key/") }

    /// The account that has the resource; empty for an account as such.
    var owner: String { Self.account(in: resource) }

    static func account(in arn: String) -> String {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 5 ? String(parts[4]) : ""
    }
}

extension Decision.StatementName {
    /// With the Sid where there is one.
    var text: String {
        sid.flatMap { $0.isEmpty ? nil : "statement \"\($0)\" (Statement[\(index)])" } ?? "Statement[\(index)]"
    }
}

extension PolicySource {
    var text: String {
        switch self {
        case .keyPolicy: "the key policy"
        case .trustPolicy: "the role's trust policy"
        case .proxyPolicy: "the XKS store's policy"
        case .identityPolicy(let name): "the identity policy \(name)"
        case .permissionsBoundary(let arn): "the permissions boundary \(arn)"
        case .sessionPolicy: "the session policy"
        case .grant(let id): "the grant \(id)"
        }
    }
}
