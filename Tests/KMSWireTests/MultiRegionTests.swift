import FoundationEssentials
import Testing

@testable import KMSCore
@testable import KMSWire

@Suite struct `Multi-Region keys on the wire` {
    private func decode<R: WireRequest>(_: R.Type, _ body: String) throws(WireError) -> R {
        try R(decoding: Array(body.utf8))
    }

    @Test func `ReplicateKey with everything`() throws {
        let request = try decode(
            ReplicateKeyRequest.self,
            #"""
            {"KeyId": "mrk-1234abcd12ab34cd56ef1234567890ab", "ReplicaRegion": "us-west-2", "Description": "d",
             "Policy": "{}", "BypassPolicyLockoutSafetyCheck": true, "Tags": [{"TagKey": "a", "TagValue": "b"}]}
            """#)
        let replication = try #require(request.replication)
        #expect(replication.region == Region("us-west-2"))
        #expect(replication.description == "d" && replication.policy == "{}" && replication.bypassLockoutCheck == true)
        #expect(replication.tags == [Tag(key: "a", value: "b")])
    }

    @Test(arguments: ["West", "us-west", "us-west-2-b", ""])
    func `a Region's name follows the model's pattern`(name: String) throws {
        let error = #expect(throws: WireError.self) {
            _ = try decode(UpdatePrimaryRegionRequest.self, #"{"KeyId": "k", "PrimaryRegion": "\#(name)"}"#)
        }
        #expect(error?.code == "ValidationException")
        #expect(error?.message?.contains("'primaryRegion' failed to satisfy constraint") == true)
    }

    @Test func `KeyMetadata shows the set`() throws {
        let id = KeyID.random(isMultiRegion: true)
        let account = try #require(AccountID("111122223333"))
        let addresses = ["eu-central-1", "us-west-2"].compactMap { Region($0) }.map {
            KeyAddress(scope: Scope(account: account, region: $0), id: id)
        }
        var key = Key(
            address: addresses[1], spec: .symmetricDefault, usage: .encryptDecrypt, origin: .awsKMS,
            lifecycle: .replicating, description: "", policy: "{}", tags: [:],
            creationDate: Timestamp(milliseconds: 0), materials: [], currentMaterial: 0)
        key.primaryRegion = addresses[0].scope.region
        let configuration = MultiRegionConfiguration(
            type: .replica, primary: addresses[0], replicas: [addresses[1]])
        let response = ReplicateKeyResponse(
            KeyDescription(key: key, state: .creating, multiRegion: configuration))
        let text = String(decoding: try response.encoded(), as: UTF8.self)
        #expect(text.contains(#""KeyState":"Creating""#) && text.contains(#""MultiRegion":true"#))
        #expect(text.contains(#""MultiRegionKeyType":"REPLICA""#))
        #expect(text.contains(#""Region":"us-west-2""#) && text.contains(addresses[0].arn))
    }
}
