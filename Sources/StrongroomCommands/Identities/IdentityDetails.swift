import KMSAPIClient

/// A user or role with its policies.
struct IdentityDetails {
    let noun: IdentityNoun
    let name: String
    /// `User` or `Role` as IAM answers it.
    let element: XMLElement
    /// ARNs of managed policies, by themselves.
    let attached: [String]
    /// By their names, as they were given.
    let inline: [String: String]

    /// Throws NoSuchEntity for one that is not there.
    static func read(_ noun: IdentityNoun, _ name: String, _ client: KMSAPIClient) async throws -> IdentityDetails {
        let answer = try await client.call(noun.call("Get", of: name))
        let attached = try await client.list(noun.call("ListAttached", "Policies", of: name), "AttachedPolicies")
        var inline: [String: String] = [:]
        for policy in try await client.list(noun.call("List", "Policies", of: name), "PolicyNames") {
            let document = try await client.call(noun.call("Get", "Policy", of: name, ["PolicyName": policy.text]))
            inline[policy.text] = document["PolicyDocument"]?.documentText ?? ""
        }
        return IdentityDetails(
            noun: noun, name: name, element: answer[noun.rawValue] ?? answer,
            attached: attached.compactMap { $0.text("PolicyArn") }.sorted(), inline: inline)
    }

    /// What has to go before it can: in this order, and itself at the end.
    func removal(_ client: KMSAPIClient) async throws -> [QueryCall] {
        var calls: [QueryCall] = []
        if noun == .user {
            let owner = ["UserName": name]
            for key in try await client.list(QueryCall("ListAccessKeys", owner), "AccessKeyMetadata") {
                calls.append(QueryCall("DeleteAccessKey", ["UserName": name, "AccessKeyId": key.text("AccessKeyId")]))
            }
            for device in try await client.list(QueryCall("ListMFADevices", owner), "MFADevices") {
                let serial = device.text("SerialNumber")
                calls.append(QueryCall("DeactivateMFADevice", ["UserName": name, "SerialNumber": serial]))
                calls.append(QueryCall("DeleteVirtualMFADevice", ["SerialNumber": serial]))
            }
        }
        calls += inline.keys.sorted().map { noun.call("Delete", "Policy", of: name, ["PolicyName": $0]) }
        calls += attached.map { noun.call("Detach", "Policy", of: name, ["PolicyArn": $0]) }
        return calls + [noun.call("Delete", of: name)]
    }

    var json: JSONValue {
        .object([
            noun.rawValue: element.json, "AttachedPolicies": .strings(attached),
            "InlinePolicies": .object(inline.mapValues { JSONValue(parsing: $0) ?? .string($0) }),
        ])
    }

    var lines: [(String, String?)] {
        [
            ("name", name), ("arn", element.text("Arn")), ("id", element.text(noun.rawValue + "Id")),
            ("created", element.text("CreateDate")), ("description", element.text("Description")),
            ("tags", element.tags.pairs), ("boundary", element.boundary),
            ("attached", attached.joined(separator: ", ")),
            ("inline", inline.keys.sorted().joined(separator: ", ")),
        ]
    }
}
