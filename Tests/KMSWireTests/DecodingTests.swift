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
             "GrantTokens": ["\(grantToken)"], "EncryptionAlgorithm": "SYMMETRIC_DEFAULT", "DryRun": true}
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

    @Test func `Sign and Verify, RAW unless it is said`() throws {
        let sign = try decode(
            SignRequest.self,
            """
            {"KeyId":"k","Message":"aGVsbG8=","MessageType":"DIGEST","SigningAlgorithm":"ECDSA_SHA_256",
             "DryRun":true}
            """
        )
        #expect(sign.keyID == "k" && sign.algorithm == "ECDSA_SHA_256" && sign.messageType == .digest && sign.isDryRun)
        #expect(sign.message.exposed() == Array("hello".utf8))
        let verify = try decode(
            VerifyRequest.self,
            #"{"KeyId":"k","Message":"aGVsbG8=","Signature":"AAEC","SigningAlgorithm":"ED25519_SHA_512"}"#
        )
        #expect(verify.signature == [0, 1, 2] && verify.messageType == .raw && !verify.isDryRun)
    }

    @Test func `MACs`() throws {
        let made = try decode(
            GenerateMACRequest.self,
            #"{"KeyId":"k","Message":"AA==","MacAlgorithm":"HMAC_SHA_224","GrantTokens":["\#(grantToken)"]}"#)
        #expect(made.algorithm == "HMAC_SHA_224" && made.message.exposed() == [0])
        let verified = try decode(
            VerifyMACRequest.self, #"{"KeyId":"k","Message":"AA==","Mac":"AQI=","MacAlgorithm":"HMAC_SHA_512"}"#)
        #expect(verified.mac == [1, 2] && verified.keyID == "k")
    }

    @Test func `key agreement and data key pairs`() throws {
        let agreement = try decode(
            DeriveSharedSecretRequest.self, #"{"KeyId":"k","KeyAgreementAlgorithm":"ECDH","PublicKey":"MAA="}"#)
        #expect(agreement.publicKey == [0x30, 0] && agreement.algorithm == "ECDH")
        let body = #"{"KeyId":"k","KeyPairSpec":"ECC_NIST_EDWARDS25519","EncryptionContext":{"a":"b"},"DryRun":true}"#
        let pair = try decode(GenerateDataKeyPairRequest.self, body)
        #expect(pair.spec == "ECC_NIST_EDWARDS25519" && pair.context == ["a": "b"] && pair.isDryRun)
        #expect(try decode(GenerateDataKeyPairWithoutPlaintextRequest.self, body).spec == pair.spec)
    }

    @Test func `an import with everything that AWS has for it`() throws {
        let id = String(repeating: "0a", count: 32)
        let material = try decode(
            ImportKeyMaterialRequest.self,
            """
            {"KeyId":"k","ImportToken":"AAEC","EncryptedKeyMaterial":"AwQ=","ValidTo":1767225600.5,
             "ExpirationModel":"KEY_MATERIAL_EXPIRES","ImportType":"EXISTING_KEY_MATERIAL",
             "KeyMaterialDescription":"a b:c/d_e.f-\\t","KeyMaterialId":"\(id)"}
            """
        ).material
        #expect(material.importToken == [0, 1, 2] && material.encryptedMaterial == [3, 4])
        #expect(material.validTo == Timestamp(milliseconds: 1_767_225_600_500))
        #expect(material.expires && !material.isNew && material.materialID == id)
        #expect(material.description == "a b:c/d_e.f-\t")
    }

    @Test func `an import without anything expires, as AWS's default is`() throws {
        let body = #""KeyId":"k","ImportToken":"AA==","EncryptedKeyMaterial":"AA==""#
        let plain = try decode(ImportKeyMaterialRequest.self, "{\(body)}").material
        #expect(plain.expires && plain.validTo == nil && !plain.isNew && plain.description == nil)
        let new = try decode(
            ImportKeyMaterialRequest.self,
            #"{\#(body),"ExpirationModel":"KEY_MATERIAL_DOES_NOT_EXPIRE","ImportType":"NEW_KEY_MATERIAL"}"#
        ).material
        #expect(!new.expires && new.isNew && new.materialID == nil)
    }

    @Test(arguments: [
        ("0", 0), ("1767225600", 1_767_225_600_000), ("1767225600.0004", 1_767_225_600_000),
        ("1.7672256e9", 1_767_225_600_000),
        ("-1.5", -1500), ("253402300799", 253_402_300_799_000),
    ])
    func `a moment is a number of seconds`(text: String, milliseconds: Int64) throws {
        let body = #"{"KeyId":"k","ImportToken":"AA==","EncryptedKeyMaterial":"AA==","ValidTo":\#(text)}"#
        let request = try decode(ImportKeyMaterialRequest.self, body)
        #expect(request.material.validTo == Timestamp(milliseconds: milliseconds))
    }

    @Test func `what changes a key's material`() throws {
        let parameters = try decode(
            GetParametersForImportRequest.self,
            #"{"KeyId":"k","WrappingAlgorithm":"RSA_AES_KEY_WRAP_SHA_256","WrappingKeySpec":"RSA_4096"}"#
        )
        #expect(parameters.algorithm == "RSA_AES_KEY_WRAP_SHA_256" && parameters.wrappingKeySpec == "RSA_4096")
        #expect(try decode(DeleteImportedKeyMaterialRequest.self, #"{"KeyId":"k"}"#).materialID == nil)
        #expect(
            try decode(EnableKeyRotationRequest.self, #"{"KeyId":"k","RotationPeriodInDays":90}"#).periodInDays == 90)
        #expect(try decode(EnableKeyRotationRequest.self, #"{"KeyId":"k"}"#).periodInDays == nil)
        #expect(try decode(DisableKeyRotationRequest.self, #"{"KeyId":"k"}"#).keyID == "k")
        #expect(try decode(GetKeyRotationStatusRequest.self, #"{"KeyId":"k"}"#).keyID == "k")
        #expect(try decode(RotateKeyOnDemandRequest.self, #"{"KeyId":"k"}"#).keyID == "k")
        #expect(try decode(GetKeyLastUsageRequest.self, #"{"KeyId":"k"}"#).keyID == "k")
        #expect(try decode(GetPublicKeyRequest.self, #"{"KeyId":"k","GrantTokens":["\#(grantToken)"]}"#).keyID == "k")
        #expect(try !decode(ListKeyRotationsRequest.self, #"{"KeyId":"k"}"#).includesAllMaterial)
        let list = try decode(
            ListKeyRotationsRequest.self, #"{"KeyId":"k","IncludeKeyMaterial":"ALL_KEY_MATERIAL","Limit":3}"#)
        #expect(list.includesAllMaterial && list.page.limit == 3)
    }
}
