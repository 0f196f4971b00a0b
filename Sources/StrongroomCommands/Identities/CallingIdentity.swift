import KMSAPIClient

/// As whom a client calls, by the ARN that policies know it by.
struct CallingIdentity: Hashable, Sendable {
    /// Of a role's session, the role's.
    let arn: String
    let account: String

    var isRoot: Bool { arn.hasSuffix(":root") }

    static func find(_ client: KMSAPIClient) async throws -> CallingIdentity {
        let answer = try await client.call(QueryCall("GetCallerIdentity", of: .sts))
        guard let arn = answer.text("Arn"), let account = answer.text("Account") else {
            throw CommandFailure("\(client.configuration.endpoint.url) does not say as whom you call")
        }
        let session = arn.split(separator: "/")
        guard arn.contains(":assumed-role/"), session.count == 3 else {
            return CallingIdentity(arn: arn, account: account)
        }
        // A session's ARN leaves the role's path out.
        let role = try await client.call(QueryCall("GetRole", ["RoleName": String(session[1])]))
        return CallingIdentity(arn: role["Role"]?.text("Arn") ?? arn, account: account)
    }
}
