package import KMSCore

package struct GetKeyPolicyRequest: WireRequest {
    package static let operation = OperationName.getKeyPolicy
    package let keyID: String
    package let name: String?

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        name = try members.string("PolicyName", .policyName)
    }
}

package struct GetKeyPolicyResponse: WireResponse {
    private let policy: String
    private let name: String

    package init(policy: String, name: String?) {
        self.policy = policy
        self.name = name ?? KeyPolicy.name
    }

    private enum CodingKeys: String, CodingKey {
        case policy = "Policy"
        case name = "PolicyName"
    }
}

package struct PutKeyPolicyRequest: WireRequest {
    package static let operation = OperationName.putKeyPolicy
    package let keyID: String
    package let name: String?
    package let policy: String
    package let bypassLockoutCheck: Bool?

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        name = try members.string("PolicyName", .policyName)
        policy = try members.requiredString("Policy", .policy)
        bypassLockoutCheck = try members.optionalFlag("BypassPolicyLockoutSafetyCheck")
    }
}

package struct ListKeyPoliciesRequest: WireRequest {
    package static let operation = OperationName.listKeyPolicies
    package let keyID: String
    package let page: PageRequest

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        page = try members.page()
    }
}

extension ListResponse<String> {
    package init(policyNames: Page<String>) {
        self.init("PolicyNames", policyNames) { $0 }
    }
}
