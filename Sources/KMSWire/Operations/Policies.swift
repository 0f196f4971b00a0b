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

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        name = try members.string("PolicyName", .policyName)
        policy = try members.requiredString("Policy", .policy)
        // Nobody can be locked out by a policy that is not enforced.
        _ = try members.flag("BypassPolicyLockoutSafetyCheck")
    }

    package func check() throws(WireError) {
        try PolicyText.check(policy)
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

/// A key policy as text, before anybody asks what it says.
enum PolicyText {
    /// Throws unless the text is one JSON object without a name twice, and not too long.
    static func check(_ text: String) throws(WireError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= KeyPolicy.maximumSize else {
            throw WireError(
                KMSError(
                    .limitExceeded,
                    "The key policy has \(bytes.count) bytes; it may have \(KeyPolicy.maximumSize) at the most."
                ))
        }
        do {
            try JSONInspection.checkObject(bytes)
        } catch {
            throw WireError(KMSError(.malformedPolicy, "The key policy is refused: \(error.description)."))
        }
    }
}
