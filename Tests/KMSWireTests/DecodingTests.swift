import KMSCore
import Testing

@testable import KMSWire

/// Bodies as botocore 1.43 writes them.
@Suite struct `Requests are read` {
    @Test func `Encrypt with everything that AWS has for it`() throws {
        let request = try decode(
            EncryptRequest.self,
            """
            {"KeyId": "alias/a", "Plaintext": "aGVsbG8=", "EncryptionContext": {"tenant": "a", "é": "ü"},
             "GrantTokens": ["t"], "EncryptionAlgorithm": "SYMMETRIC_DEFAULT", "DryRun": true}
            """
        )
        #expect(request.keyID == "alias/a")
        #expect(request.plaintext.exposed() == Array("hello".utf8))
        #expect(request.context == ["tenant": "a", "é": "ü"])
        #expect(request.algorithm == "SYMMETRIC_DEFAULT")
        #expect(request.isDryRun)
    }

    @Test func `Encrypt with what it must have`() throws {
        let request = try decode(EncryptRequest.self, #"{"KeyId":"\#(keyID)","Plaintext":"AA=="}"#)
        #expect(request.context.isEmpty)
        #expect(request.algorithm == nil)
        #expect(!request.isDryRun)
    }

    @Test func `Decrypt, and its dry run without a ciphertext`() throws {
        let request = try decode(DecryptRequest.self, #"{"CiphertextBlob":"AAEC","EncryptionContext":{"a":"b"}}"#)
        #expect(request.ciphertext == [0, 1, 2])
        #expect(request.keyID == nil)
        let dry = try decode(
            DecryptRequest.self, #"{"KeyId":"\#(keyID)","DryRun":true,"DryRunModifiers":["IGNORE_CIPHERTEXT"]}"#
        )
        #expect(dry.ciphertext == nil && dry.isDryRun && dry.keyID == keyID)
    }

    @Test func `ReEncrypt keeps its two sides apart`() throws {
        let request = try decode(
            ReEncryptRequest.self,
            """
            {"CiphertextBlob": "AAEC", "SourceEncryptionContext": {"s": "1"}, "SourceKeyId": "alias/s",
             "DestinationKeyId": "alias/d", "DestinationEncryptionContext": {"d": "2"},
             "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT"}
            """
        )
        #expect(request.sourceKeyID == "alias/s" && request.destinationKeyID == "alias/d")
        #expect(request.sourceContext == ["s": "1"] && request.destinationContext == ["d": "2"])
        #expect(request.sourceAlgorithm == "SYMMETRIC_DEFAULT" && request.destinationAlgorithm == nil)
    }

    @Test(arguments: [
        (#""KeySpec":"AES_256""#, 32), (#""KeySpec":"AES_128""#, 16), (#""NumberOfBytes":64"#, 64),
        (#""NumberOfBytes":null,"KeySpec":"AES_256""#, 32),
    ])
    func `a data key's size, either way`(member: String, size: Int) throws {
        let body = #"{"KeyId":"alias/a",\#(member)}"#
        #expect(try decode(GenerateDataKeyRequest.self, body).count == size)
        #expect(try decode(GenerateDataKeyWithoutPlaintextRequest.self, body).count == size)
    }

    @Test func `CreateKey with everything that is supported`() throws {
        let key = try decode(
            CreateKeyRequest.self,
            #"""
            {"Policy": "{\"Version\":\"2012-10-17\"}", "Description": "d", "KeyUsage": "ENCRYPT_DECRYPT",
             "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "BypassPolicyLockoutSafetyCheck": false,
             "Tags": [{"TagKey": "a", "TagValue": "b"}], "MultiRegion": false}
            """#
        ).newKey
        #expect(key.spec == .symmetricDefault && key.usage == .encryptDecrypt && key.origin == .awsKMS)
        #expect(key.description == "d" && key.policy == #"{"Version":"2012-10-17"}"# && !key.isMultiRegion)
        #expect(key.tags == [Tag(key: "a", value: "b")])
    }

    @Test func `CreateKey takes the old name of KeySpec, and other specs as far as the domain`() throws {
        let key = try decode(
            CreateKeyRequest.self, #"{"CustomerMasterKeySpec":"RSA_2048","KeyUsage":"SIGN_VERIFY","Origin":"EXTERNAL"}"#
        ).newKey
        #expect(key.spec.rawValue == "RSA_2048" && key.usage == .signVerify && key.origin == .external)
    }

    @Test func `an empty body is an empty request`() throws {
        #expect(try decode(ListKeysRequest.self, "").page.limit == nil)
        #expect(try decode(CreateKeyRequest.self, "").newKey.spec == .symmetricDefault)
    }

    @Test func `members that are unknown are ignored, whatever they hold`() throws {
        let request = try decode(
            ListKeysRequest.self, #"{"Limit":7,"Marker":"m","Xyz":{"a":[1,-2.5e+3,null,true,"\u00e9\n"]},"limit":0}"#
        )
        #expect(request.page.limit == 7 && request.page.marker == "m")
    }

    @Test func `the remaining operations`() throws {
        #expect(try decode(DescribeKeyRequest.self, #"{"KeyId":"k","GrantTokens":[]}"#).keyID == "k")
        #expect(try decode(EnableKeyRequest.self, #"{"KeyId":"k"}"#).keyID == "k")
        #expect(try decode(DisableKeyRequest.self, #"{"KeyId":"k"}"#).keyID == "k")
        #expect(try decode(CancelKeyDeletionRequest.self, #"{"KeyId":"k"}"#).keyID == "k")
        #expect(try decode(UpdateKeyDescriptionRequest.self, #"{"KeyId":"k","Description":""}"#).description == "")
        let deletion = try decode(ScheduleKeyDeletionRequest.self, #"{"KeyId":"k","PendingWindowInDays":7}"#)
        #expect(deletion.pendingWindowInDays == 7)
        let alias = try decode(CreateAliasRequest.self, #"{"AliasName":"alias/a","TargetKeyId":"k"}"#)
        #expect(alias.name == "alias/a" && alias.target == "k")
        #expect(try decode(UpdateAliasRequest.self, #"{"AliasName":"alias/a","TargetKeyId":"k"}"#).target == "k")
        #expect(try decode(DeleteAliasRequest.self, #"{"AliasName":"alias/a"}"#).name == "alias/a")
        #expect(try decode(ListAliasesRequest.self, #"{"KeyId":"k","Limit":1}"#).keyID == "k")
        let tags = try decode(TagResourceRequest.self, #"{"KeyId":"k","Tags":[{"TagKey":"a","TagValue":""}]}"#)
        #expect(tags.tags == [Tag(key: "a", value: "")])
        #expect(try decode(UntagResourceRequest.self, #"{"KeyId":"k","TagKeys":["a","b"]}"#).tagKeys == ["a", "b"])
        #expect(try decode(ListResourceTagsRequest.self, #"{"KeyId":"k"}"#).keyID == "k")
        #expect(try decode(GetKeyPolicyRequest.self, #"{"KeyId":"k","PolicyName":"default"}"#).name == "default")
        #expect(try decode(PutKeyPolicyRequest.self, #"{"KeyId":"k","Policy":"{}"}"#).policy == "{}")
        #expect(try decode(ListKeyPoliciesRequest.self, #"{"KeyId":"k","Limit":1000}"#).page.limit == 1000)
        #expect(try decode(GenerateRandomRequest.self, #"{"NumberOfBytes":1024}"#).count == 1024)
    }
}
