/// How much of everything there may be: IAM's own quotas where it has some ("IAM and AWS STS quotas", IAM User Guide).
package struct IdentityLimits: Sendable {
    package static let standard = IdentityLimits()

    // In an account.
    package var users = 5000
    package var roles = 1000
    package var policies = 1500
    package var devices = 10_000

    // Of a user or role.
    package var attachedPolicies = 10
    package var accessKeys = 2
    package var enabledDevices = 8
    package var tags = 50

    // Of a managed policy.
    package var policyVersions = 5

    // In characters, white space not counted: all inline policies of a user, of a role, one managed policy, one trust
    // policy.
    package var userPolicySize = 2048
    package var rolePolicySize = 10_240
    package var managedPolicySize = 6144
    package var trustPolicySize = 2048

    /// Sessions that have not expired. Each holds a row and a few kilobytes of memory, and costs an operation of the
    /// token at the server's start. AWS has no such limits.
    package var sessions = 20_000
    /// Below that, so that no account keeps the others from having any.
    package var sessionsPerAccount = 10_000
    package var sessionsPerIdentity = 2000

    package init() {}
}
