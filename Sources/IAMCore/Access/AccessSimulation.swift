package import KMSCore

/// What a server would decide that has these identities, keys and grants, without a token, a call or a record.
package struct AccessSimulation: Sendable {
    private let identities: IdentityTable
    private let keys: AccessRehearsal
    private let now: Timestamp

    /// - Parameter now: For conditions on the time, and for sessions that end.
    package init(_ image: MetadataImage, at now: Timestamp) {
        var table = IdentityTable()
        for change in image.identityChanges { table.apply(change) }
        identities = table
        keys = AccessRehearsal(image, at: now)
        self.now = now
    }

    /// - Parameter principal: The ARN of an account's root, a user, a role or one of its sessions; or a service's name.
    package func caller(_ principal: String) throws(KMSError) -> CallerIdentity {
        guard let caller = identities.caller(asIf: principal, at: now) else { throw .noSuchCaller(principal) }
        return caller
    }

    /// What would be decided on each resource that the call needs, in their order: it succeeds if all are allowed.
    ///
    /// - Parameter key: An id, an ARN, an alias or its ARN; nil for actions on an account.
    package func outcomes(
        of call: AccessRehearsal.Call, on key: String?
    ) throws(KMSError) -> [AccessRehearsal.Outcome] {
        try keys.outcomes(of: call, on: key)
    }
}
