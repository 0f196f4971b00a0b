import KMSCore
import Testing

@testable import KMSWire

/// The rows of reference/kms-errors.md that a request alone decides.
@Suite struct `Validation says what AWS says` {
    private func message<R: WireRequest>(_ type: R.Type, _ body: String) -> String? {
        let error = refusal(type, body)
        #expect(error?.code == "ValidationException" && error?.status == 400)
        return error?.message
    }

    private func single(_ what: String) -> String { "1 validation error detected: \(what)" }

    @Test(arguments: [
        (0, "greater than or equal to 1"), (1025, "less than or equal to 1024"), (-1, "greater than or equal to 1"),
    ])
    func `NumberOfBytes out of its range`(value: Int, end: String) {
        #expect(
            message(GenerateRandomRequest.self, #"{"NumberOfBytes":\#(value)}"#)
                == single(
                    "Value '\(value)' at 'numberOfBytes' failed to satisfy constraint: Member must have value \(end)")
        )
    }

    @Test func `GenerateRandom without NumberOfBytes`() {
        #expect(message(GenerateRandomRequest.self, "{}") == "NumberOfBytes is required.")
    }

    @Test(arguments: ["", #","NumberOfBytes":32,"KeySpec":"AES_256""#])
    func `a data key's size, both ways or neither`(members: String) {
        let text = "Please specify either number of bytes or key spec."
        #expect(message(GenerateDataKeyRequest.self, #"{"KeyId":"k"\#(members)}"#) == text)
        #expect(message(GenerateDataKeyWithoutPlaintextRequest.self, #"{"KeyId":"k"\#(members)}"#) == text)
    }

    @Test func `blobs that are too short or too long are not quoted`() {
        let plaintext = "Value at 'plaintext' failed to satisfy constraint: Member must have length"
        #expect(
            message(EncryptRequest.self, #"{"KeyId":"k","Plaintext":""}"#)
                == single("\(plaintext) greater than or equal to 1")
        )
        #expect(
            message(EncryptRequest.self, #"{"KeyId":"k","Plaintext":"\#(base64(4097))"}"#)
                == single("\(plaintext) less than or equal to 4096")
        )
        #expect(
            message(DecryptRequest.self, #"{"CiphertextBlob":""}"#)
                == single(
                    "Value at 'ciphertextBlob' failed to satisfy constraint: Member must have length greater than or "
                        + "equal to 1"
                )
        )
        #expect(throws: Never.self) {
            try decode(EncryptRequest.self, #"{"KeyId":"k","Plaintext":"\#(base64(4096))"}"#)
            try decode(DecryptRequest.self, #"{"CiphertextBlob":"\#(base64(6144))"}"#)
        }
        #expect(refusal(DecryptRequest.self, #"{"CiphertextBlob":"\#(base64(6145))"}"#)?.code == "ValidationException")
    }

    @Test func `members that must be there`() {
        let null = "failed to satisfy constraint: Member must not be null"
        #expect(message(PutKeyPolicyRequest.self, #"{"KeyId":"k"}"#) == single("Value null at 'policy' \(null)"))
        #expect(message(TagResourceRequest.self, #"{"KeyId":"k"}"#) == single("Value null at 'tags' \(null)"))
        #expect(message(UntagResourceRequest.self, #"{"KeyId":"k"}"#) == single("Value null at 'tagKeys' \(null)"))
        #expect(message(DescribeKeyRequest.self, #"{"KeyId":null}"#) == single("Value null at 'keyId' \(null)"))
        #expect(message(DecryptRequest.self, "{}") == single("Value null at 'ciphertextBlob' \(null)"))
        #expect(
            message(DecryptRequest.self, #"{"KeyId":"k","DryRun":true}"#)
                == single("Value null at 'ciphertextBlob' \(null)")
        )
        #expect(
            message(TagResourceRequest.self, #"{"KeyId":"k","Tags":[{"TagKey":"a"}]}"#)
                == single("Value null at 'tags.1.member.tagValue' \(null)")
        )
    }

    @Test func `only a dry run may ignore the ciphertext`() {
        let body = #"{"KeyId":"k","DestinationKeyId":"k","DryRunModifiers":["IGNORE_CIPHERTEXT"]}"#
        #expect(message(DecryptRequest.self, body)?.contains("'ciphertextBlob'") == true)
        #expect(message(ReEncryptRequest.self, body)?.contains("'ciphertextBlob'") == true)
    }

    @Test func `null is as good as nothing`() throws {
        let text = "Value null at 'tags' failed to satisfy constraint: Member must not be null"
        #expect(message(TagResourceRequest.self, #"{"KeyId":"k","Tags":null}"#) == single(text))
        let request = try decode(DecryptRequest.self, #"{"CiphertextBlob":"AA==","Recipient":null,"KeyId":null}"#)
        #expect(request.keyID == nil)
    }

    @Test func `all that is wrong is reported at once`() {
        #expect(
            message(EncryptRequest.self, #"{"Plaintext":"","EncryptionAlgorithm":"X"}"#)
                == "3 validation errors detected: "
                + "Value null at 'keyId' failed to satisfy constraint: Member must not be null; "
                + "Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to "
                + "1; Value 'X' at 'encryptionAlgorithm' failed to satisfy constraint: Member must satisfy enum value "
                + "set: [SYMMETRIC_DEFAULT, RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE]"
        )
    }

    @Test func `values that are in no enumeration`() throws {
        let spec = try #require(message(CreateKeyRequest.self, #"{"KeySpec":"HMAC_random"}"#))
        #expect(
            spec.hasPrefix(
                single(
                    "Value 'HMAC_random' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [RSA_2048, "
                )))
        #expect(spec.contains("ECC_NIST_EDWARDS25519"))
        let old = try #require(message(CreateKeyRequest.self, #"{"CustomerMasterKeySpec":"ECC_NIST_P128"}"#))
        #expect(old.contains("Value 'ECC_NIST_P128' at 'customerMasterKeySpec' failed"))
        #expect(!old.contains("ML_DSA_44"))
        #expect(
            message(CreateKeyRequest.self, #"{"KeyUsage":"RANDOM"}"#)?.contains("Value 'RANDOM' at 'keyUsage'") == true
        )
        #expect(
            message(DecryptRequest.self, #"{"CiphertextBlob":"AA==","DryRunModifiers":["X"]}"#)
                == single(
                    "Value '[X]' at 'dryRunModifiers' failed to satisfy constraint: Member must satisfy constraint: "
                        + "[Member must satisfy enum value set: [IGNORE_CIPHERTEXT]]"
                )
        )
    }

    @Test func `tags name the element that is wrong`() {
        let long = String(repeating: "a", count: 129)
        #expect(
            message(CreateKeyRequest.self, #"{"Tags":[{"TagKey":"\#(long)","TagValue":""}]}"#)
                == single(
                    "Value '\(long)' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length "
                        + "less than or equal to 128"
                )
        )
        let value = String(repeating: "v", count: 257)
        #expect(
            message(CreateKeyRequest.self, #"{"Tags":[{"TagKey":"a","TagValue":"\#(value)"}]}"#)
                == single(
                    "Value '\(value)' at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length "
                        + "less than or equal to 256"
                )
        )
        #expect(
            message(
                TagResourceRequest.self,
                #"{"KeyId":"k","Tags":[{"TagKey":"a","TagValue":"b"},{"TagKey":"","TagValue":"b"}]}"#
            )
                == single(
                    "Value '' at 'tags.2.member.tagKey' failed to satisfy constraint: Member must have length greater "
                        + "than or equal to 1"
                )
        )
    }

    @Test func `lengths are counted in code points, not in bytes`() throws {
        let value = String(repeating: "é", count: 256)
        let request = try decode(
            TagResourceRequest.self, #"{"KeyId":"k","Tags":[{"TagKey":"a","TagValue":"\#(value)"}]}"#)
        #expect(request.tags[0].value == value)
    }

    @Test func `patterns`() {
        #expect(
            message(PutKeyPolicyRequest.self, #"{"KeyId":"k","PolicyName":"invalid-name","Policy":"{}"}"#)
                == single(
                    "Value 'invalid-name' at 'policyName' failed to satisfy constraint: Member must satisfy regular "
                        + #"expression pattern: [\w]+"#
                )
        )
        for name in ["alias/a!", "alias/$", "alias/a@b", "alias/é"] {
            #expect(
                message(CreateAliasRequest.self, #"{"AliasName":"\#(name)","TargetKeyId":"k"}"#)
                    == single(
                        "Value '\(name)' at 'aliasName' failed to satisfy constraint: Member must satisfy regular "
                            + "expression pattern: ^[a-zA-Z0-9:/_-]+$"
                    )
            )
        }
        #expect(
            message(ListKeysRequest.self, #"{"Marker":"\u0100"}"#)?.hasSuffix(#"pattern: [\u0020-\u00FF]*"#) == true
        )
    }

    @Test func `a pattern is of every character of the value`() {
        for id in ["0", "9", "a", "f"].map({ String(repeating: $0, count: 64) }) {
            #expect(throws: Never.self) {
                try decode(DeleteImportedKeyMaterialRequest.self, #"{"KeyId":"k","KeyMaterialId":"\#(id)"}"#)
            }
        }
        for stranger in ["g", "A", "-", " "] {
            for id in [stranger + String(repeating: "0", count: 63), String(repeating: "0", count: 63) + stranger] {
                #expect(
                    message(DeleteImportedKeyMaterialRequest.self, #"{"KeyId":"k","KeyMaterialId":"\#(id)"}"#)
                        == single(
                            "Value '\(id)' at 'keyMaterialId' failed to satisfy constraint: Member must satisfy regular "
                                + "expression pattern: ^[a-f0-9]+$"))
            }
        }
    }

    @Test(arguments: [
        (#"{"Limit":0}"#, "Value '0' at 'limit'"), (#"{"Limit":1001}"#, "Value '1001' at 'limit'"),
        (#"{"Marker":""}"#, "Value '' at 'marker'"),
    ])
    func `pages`(body: String, text: String) {
        #expect(message(ListKeysRequest.self, body)?.contains(text) == true)
    }

    @Test func `grant tokens have their shape`() {
        let tokens = Array(repeating: #""t""#, count: 11).joined(separator: ",")
        #expect(
            message(DescribeKeyRequest.self, #"{"KeyId":"k","GrantTokens":[\#(tokens)]}"#)?
                .hasSuffix(
                    "at 'grantTokens' failed to satisfy constraint: Member must have length less than or equal to 10")
                == true
        )
        #expect(
            message(DescribeKeyRequest.self, #"{"KeyId":"k","GrantTokens":[""]}"#)
                == single(
                    "Value '[]' at 'grantTokens' failed to satisfy constraint: Member must satisfy constraint: "
                        + "[Member must have length greater than or equal to 1]"
                )
        )
    }

    @Test func `rules for a new key's usage`() {
        for member in ["KeySpec", "CustomerMasterKeySpec"] {
            for spec in ["HMAC_256", "RSA_2048", "ECC_NIST_P256"] {
                #expect(
                    message(CreateKeyRequest.self, #"{"\#(member)":"\#(spec)"}"#)
                        == "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
                )
            }
        }
        #expect(
            message(CreateKeyRequest.self, #"{"KeyUsage":"SIGN_VERIFY"}"#)
                == "The operation failed because the KeyUsage value of the CMK is SIGN_VERIFY. To perform this "
                + "operation, the KeyUsage value must be ENCRYPT_DECRYPT."
        )
        #expect(
            message(
                CreateKeyRequest.self, #"{"KeySpec":"SYMMETRIC_DEFAULT","CustomerMasterKeySpec":"SYMMETRIC_DEFAULT"}"#)
                == "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is "
                + "deprecated."
        )
    }

    @Test func `what is not here is named`() {
        let recipient = #""Recipient":{"KeyEncryptionAlgorithm":"RSAES_OAEP_SHA_256","AttestationDocument":"AA=="}"#
        for error in [
            refusal(DecryptRequest.self, #"{"CiphertextBlob":"AA==",\#(recipient)}"#),
            refusal(GenerateDataKeyRequest.self, #"{"KeyId":"k","KeySpec":"AES_256",\#(recipient)}"#),
            refusal(GenerateRandomRequest.self, #"{"NumberOfBytes":1,\#(recipient)}"#),
            refusal(GenerateDataKeyPairRequest.self, #"{"KeyId":"k","KeyPairSpec":"RSA_2048",\#(recipient)}"#),
            refusal(
                DeriveSharedSecretRequest.self,
                #"{"KeyId":"k","KeyAgreementAlgorithm":"ECDH","PublicKey":"AA==",\#(recipient)}"#),
        ] {
            #expect(error?.code == "UnsupportedOperationException" && error?.message?.contains("Recipient") == true)
        }
    }

    @Test func `policies are of AWS's characters, and not far too long`() {
        func policy(_ size: Int) -> String { #"{\"a\":\""# + String(repeating: "x", count: size - 8) + #"\"}"# }
        #expect(throws: Never.self) {
            try decode(PutKeyPolicyRequest.self, #"{"KeyId":"k","Policy":"\#(policy(32_768))"}"#)
        }
        let wayTooLong = refusal(PutKeyPolicyRequest.self, #"{"KeyId":"k","Policy":"\#(policy(131_073))"}"#)
        #expect(wayTooLong?.code == "ValidationException")
        #expect(
            message(PutKeyPolicyRequest.self, #"{"KeyId":"k","Policy":"{\"a\":\"€\"}"}"#)?.contains("pattern") == true)
    }

    @Test(arguments: [
        ("'signingAlgorithm'", "X", "[RSASSA_PSS_SHA_256, "), ("'messageType'", "X", "[RAW, DIGEST, EXTERNAL_MU]"),
    ])
    func `enumerations of signing`(path: String, value: String, set: String) throws {
        let name = path == "'messageType'" ? "MessageType" : "SigningAlgorithm"
        let other = name == "MessageType" ? #","SigningAlgorithm":"ECDSA_SHA_256""# : ""
        let text = try #require(
            message(SignRequest.self, #"{"KeyId":"k","Message":"AA==","\#(name)":"\#(value)"\#(other)}"#))
        #expect(
            text.hasPrefix(
                single("Value '\(value)' at \(path) failed to satisfy constraint: Member must satisfy enum value set: ")
                    + set))
    }

    @Test func `enumerations of one or few values`() {
        let enumeration = "failed to satisfy constraint: Member must satisfy enum value set:"
        #expect(
            message(GenerateMACRequest.self, #"{"KeyId":"k","Message":"AA==","MacAlgorithm":"INVALID"}"#)
                == single(
                    "Value 'INVALID' at 'macAlgorithm' \(enumeration) [HMAC_SHA_224, HMAC_SHA_256, HMAC_SHA_384, "
                        + "HMAC_SHA_512]"))
        #expect(
            message(
                DeriveSharedSecretRequest.self,
                #"{"KeyId":"k","KeyAgreementAlgorithm":"INVALID","PublicKey":"AA=="}"#)
                == single("Value 'INVALID' at 'keyAgreementAlgorithm' \(enumeration) [ECDH]"))
        #expect(
            message(
                GetParametersForImportRequest.self,
                #"{"KeyId":"k","WrappingAlgorithm":"RSAES_OAEP_SHA_1","WrappingKeySpec":"RSA_1024"}"#)
                == single("Value 'RSA_1024' at 'wrappingKeySpec' \(enumeration) [RSA_2048, RSA_3072, RSA_4096, SM2]"))
        #expect(
            message(ListKeyRotationsRequest.self, #"{"KeyId":"k","IncludeKeyMaterial":"X"}"#)
                == single("Value 'X' at 'includeKeyMaterial' \(enumeration) [ALL_KEY_MATERIAL, ROTATIONS_ONLY]"))
        #expect(
            message(GenerateDataKeyPairRequest.self, #"{"KeyId":"k","KeyPairSpec":"HMAC_256"}"#)?.contains(
                "Value 'HMAC_256' at 'keyPairSpec'") == true)
    }

    @Test(arguments: [(89, "greater than or equal to 90"), (2561, "less than or equal to 2560")])
    func `a rotation period out of its range`(days: Int, end: String) {
        #expect(
            message(EnableKeyRotationRequest.self, #"{"KeyId":"k","RotationPeriodInDays":\#(days)}"#)
                == single(
                    "Value '\(days)' at 'rotationPeriodInDays' failed to satisfy constraint: Member must have value "
                        + end
                ))
    }

    @Test func `an import's members`() {
        let body = #""KeyId":"k","ImportToken":"AA==","EncryptedKeyMaterial":"AA==""#
        let null = "failed to satisfy constraint: Member must not be null"
        #expect(
            message(ImportKeyMaterialRequest.self, #"{"KeyId":"k"}"#)
                == "2 validation errors detected: Value null at 'importToken' \(null); "
                + "Value null at 'encryptedKeyMaterial' \(null)")
        for (member, constraint) in [
            (#""KeyMaterialDescription":"é""#, #"pattern: ^[a-zA-Z0-9:/_\s.-]+$"#),
            (#""KeyMaterialId":"abc""#, "length greater than or equal to 64"),
            (#""KeyMaterialId":"\#(String(repeating: "A", count: 64))""#, "pattern: ^[a-f0-9]+$"),
            (#""ImportType":"X""#, "[NEW_KEY_MATERIAL, EXISTING_KEY_MATERIAL]"),
            (#""ExpirationModel":"X""#, "[KEY_MATERIAL_EXPIRES, KEY_MATERIAL_DOES_NOT_EXPIRE]"),
        ] {
            #expect(
                message(ImportKeyMaterialRequest.self, "{\(body),\(member)}")?.hasSuffix(constraint) == true,
                "\(member)")
        }
        let id = String(repeating: "0", count: 64)
        #expect(
            message(
                ImportKeyMaterialRequest.self, #"{\#(body),"ImportType":"NEW_KEY_MATERIAL","KeyMaterialId":"\#(id)"}"#)
                == "You cannot specify a KeyMaterialId with ImportType set to NEW_KEY_MATERIAL.")
    }

    @Test(arguments: [#""2026-01-01T00:00:00Z""#, "true", "1e300", "-1e300", "253402300800", "{}"])
    func `a moment that is none is a SerializationException`(text: String) {
        let body = #"{"KeyId":"k","ImportToken":"AA==","EncryptedKeyMaterial":"AA==","ValidTo":\#(text)}"#
        let error = refusal(ImportKeyMaterialRequest.self, body)
        #expect(error?.code == "SerializationException" && error?.message?.contains("ValidTo") == true)
    }

    @Test func `messages, signatures and public keys have their lengths`() {
        for (member, size) in [("Message", 4097), ("Signature", 6145)] {
            let body = ["Message", "Signature"].map { #""\#($0)":"\#($0 == member ? base64(size) : "AA==")""# }
            #expect(
                message(
                    VerifyRequest.self,
                    #"{"KeyId":"k","SigningAlgorithm":"ECDSA_SHA_256",\#(body.joined(separator: ","))}"#)
                    == single(
                        "Value at '\(member.lowercased())' failed to satisfy constraint: Member must have length "
                            + "less than or equal to \(size - 1)"))
        }
        #expect(
            message(
                DeriveSharedSecretRequest.self,
                #"{"KeyId":"k","KeyAgreementAlgorithm":"ECDH","PublicKey":"\#(base64(8193))"}"#)
                == single(
                    "Value at 'publicKey' failed to satisfy constraint: Member must have length less than or equal "
                        + "to 8192"
                ))
        #expect(
            message(VerifyMACRequest.self, #"{"KeyId":"k","Message":"AA==","Mac":"","MacAlgorithm":"HMAC_SHA_256"}"#)
                == single(
                    "Value at 'mac' failed to satisfy constraint: Member must have length greater than or equal to 1"))
    }
}
