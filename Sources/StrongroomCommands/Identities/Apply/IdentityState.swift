import KMSAPIClient

/// What there is of what a file is about.
struct IdentityState: Hashable, Sendable {
    /// 12 digits.
    var account: String
    /// The account's own managed policies, by their names.
    var policies: [String: PresentPolicy] = [:]
    var users: [String: PresentIdentity] = [:]
    var roles: [String: PresentIdentity] = [:]
    var services: Set<String> = []
    /// The ARNs of all managed policies that the account can use, by their names; of two of a name, its own.
    var policyARNs: [String: String] = [:]
    /// As whom the plan is carried out.
    var caller: String

    func present(_ noun: IdentityNoun) -> [String: PresentIdentity] {
        noun == .user ? users : roles
    }
}

struct PresentPolicy: Hashable, Sendable {
    var arn: String
    var path = "/"
    var description = ""
    var document: String
    var versions = PolicyVersions()
    var tags: [String: String] = [:]
}

struct PresentIdentity: Hashable, Sendable {
    var arn: String
    var path = "/"
    /// ARNs.
    var policies: [String] = []
    var inline: [String: String] = [:]
    var boundary: String?
    var tags: [String: String] = [:]
    var trust = ""
    var description = ""
    var maximumSessionDuration = 3600
    /// What deletes it with all that is its own; of one that may have to go.
    var removal: [QueryCall] = []
}

extension IdentityState {
    /// Reads what the file names; with `prune` also all that bears its mark.
    static func read(_ file: IdentityFile, prune: Bool, _ client: KMSAPIClient) async throws -> IdentityState {
        let caller = try await CallingIdentity.find(client)
        var state = IdentityState(account: caller.account, caller: caller.arn)
        for scope in ["AWS", "Local"] {
            for policy in try await client.list(QueryCall("ListPolicies", ["Scope": scope]), "Policies") {
                guard let name = policy.text("PolicyName"), let arn = policy.text("Arn") else { continue }
                state.policyARNs[name] = arn
                guard scope == "Local", prune || file.policies[name] != nil else { continue }
                let present = try await PresentPolicy.read(arn, client)
                if file.policies[name] != nil || file.isMarked(present.tags) { state.policies[name] = present }
            }
        }
        for noun in IdentityNoun.allCases {
            var found: [String: PresentIdentity] = [:]
            let declared = file.declared(noun)
            let list =
                declared.isEmpty && !prune
                ? [] : try await client.list(QueryCall("List\(noun.rawValue)s"), "\(noun.rawValue)s")
            for name in list.compactMap({ $0.text(noun.parameter) }) where prune || declared[name] != nil {
                let details = try await IdentityDetails.read(noun, name, client)
                var present = PresentIdentity(details)
                if declared[name] == nil {
                    guard file.isMarked(present.tags) else { continue }
                    present.removal = try await details.removal(client)
                }
                found[name] = present
            }
            if noun == .user { state.users = found } else { state.roles = found }
        }
        if !file.services.isEmpty {
            let services = try await client.list(QueryCall("ListServices"), "Services")
            state.services = Set(services.compactMap { $0.text("ServiceName") })
        }
        return state
    }
}

extension IdentityFile {
    func isMarked(_ tags: [String: String]) -> Bool { tags[Self.markKey] == mark }
}

extension PresentPolicy {
    static func read(_ arn: String, _ client: KMSAPIClient) async throws -> PresentPolicy {
        let answer = try await client.call(QueryCall("GetPolicy", ["PolicyArn": arn]))
        let policy = answer["Policy"]
        let version = try await client.call(
            QueryCall("GetPolicyVersion", ["PolicyArn": arn, "VersionId": policy?.text("DefaultVersionId")]))
        let versions = try await client.list(QueryCall("ListPolicyVersions", ["PolicyArn": arn]), "Versions")
        return PresentPolicy(
            arn: arn, path: policy?.text("Path") ?? "/", description: policy?.text("Description") ?? "",
            document: version["PolicyVersion"]?["Document"]?.documentText ?? "", versions: PolicyVersions(versions),
            tags: policy?.tags ?? [:])
    }
}

extension PresentIdentity {
    init(_ details: IdentityDetails) {
        let element = details.element
        self.init(
            arn: element.text("Arn") ?? "", path: element.text("Path") ?? "/", policies: details.attached,
            inline: details.inline, boundary: element.boundary, tags: element.tags,
            trust: element["AssumeRolePolicyDocument"]?.documentText ?? "",
            description: element.text("Description") ?? "",
            maximumSessionDuration: element.text("MaxSessionDuration").flatMap { Int($0) } ?? 3600)
    }
}
