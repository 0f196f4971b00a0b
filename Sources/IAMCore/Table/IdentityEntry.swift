import KMSCore
import KMSPolicy

/// An identity with its own policies made ready to be asked.
struct IdentityEntry: Sendable {
    let identity: Identity
    /// By their names, in their order.
    let inline: [CompiledPolicy]
    /// Of a role.
    let trust: CompiledPolicy?

    init(_ identity: Identity) {
        self.identity = identity
        inline = identity.inlinePolicies.sorted { $0.key < $1.key }.map { name, document in
            CompiledPolicy(stored: document, source: .identityPolicy(name))
        }
        guard identity.key.kind == .role else {
            trust = nil
            return
        }
        if let document = try? PolicyDocument(parsing: identity.trustPolicy, as: .trust) {
            trust = CompiledPolicy(document, source: .trustPolicy, principalIDs: identity.trustPrincipals)
        } else {
            trust = .refusal(of: .trustPolicy)
        }
    }

    var id: String { identity.uniqueID }

    /// Whether a managed policy decides on what it may do.
    func uses(_ policyARN: String) -> Bool {
        identity.permissionsBoundary == policyARN || identity.attachedPolicies.contains(policyARN)
    }
}

/// A managed policy, an account's or a built-in one, with its default version made ready to be asked.
struct PolicyEntry: Sendable {
    /// Nil of a built-in one.
    let policy: ManagedPolicy?
    let arn: String
    let name: String
    let path: String
    let uniqueID: String
    let description: String
    /// The text of the version that counts.
    let document: String
    let permissions: CompiledPolicy
    let boundary: CompiledPolicy

    init(_ policy: ManagedPolicy) {
        self.policy = policy
        arn = policy.arn
        name = policy.name
        path = policy.path
        uniqueID = policy.uniqueID
        description = policy.description
        // Without it, it cannot be read, and allows nothing.
        document = policy.versions.first { $0.id == policy.defaultVersion }?.document ?? ""
        permissions = CompiledPolicy(stored: document, source: .identityPolicy(arn))
        boundary = CompiledPolicy(stored: document, source: .permissionsBoundary(arn))
    }

    init(_ builtIn: BuiltInPolicies.BuiltIn) {
        policy = nil
        arn = builtIn.arn
        name = builtIn.name
        path = "/"
        uniqueID = builtIn.uniqueID
        description = builtIn.description
        document = builtIn.document
        permissions = CompiledPolicy(stored: document, source: .identityPolicy(arn))
        boundary = CompiledPolicy(stored: document, source: .permissionsBoundary(arn))
    }
}
