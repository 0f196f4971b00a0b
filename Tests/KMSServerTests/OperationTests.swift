import HTTPTypes
import KMSCore
import KMSTesting
import KMSWire
import Testing

@testable import KMSServer

@Suite struct `Operations over HTTP` {
    @Test func `what is decrypted is what was encrypted`() async throws {
        try await TestServer().routed { client in
            let key = try await client.createKey()
            let sealed = try await client.send(
                "Encrypt", #"{"KeyId":"\#(key)","Plaintext":"aGVsbG8=","EncryptionContext":{"a":"b"}}"#
            )
            #expect(sealed.status == 200)
            #expect(sealed.text("KeyId") == "arn:aws:kms:eu-central-1:111122223333:key/\(key)")
            #expect(sealed.text("EncryptionAlgorithm") == "SYMMETRIC_DEFAULT")
            let blob = try #require(sealed.text("CiphertextBlob"))
            let opened = try await client.send(
                "Decrypt", #"{"CiphertextBlob":"\#(blob)","EncryptionContext":{"a":"b"}}"#
            )
            #expect(opened.text("Plaintext") == "aGVsbG8=")
            #expect(opened.text("KeyMaterialId")?.count == 64)

            let wrong = try await client.send("Decrypt", #"{"CiphertextBlob":"\#(blob)"}"#)
            #expect(wrong.status == 400 && wrong.body == #"{"__type":"InvalidCiphertextException"}"#)
        }
    }

    @Test func `a ciphertext is encrypted anew under another key and context`() async throws {
        try await TestServer().routed { client in
            let (first, second) = (try await client.createKey(), try await client.createKey())
            let blob = try #require(
                try await client.send("Encrypt", #"{"KeyId":"\#(first)","Plaintext":"AAEC"}"#).text("CiphertextBlob")
            )
            let moved = try await client.send(
                "ReEncrypt",
                """
                {"CiphertextBlob":"\(blob)","DestinationKeyId":"\(second)","DestinationEncryptionContext":{"c":"d"}}
                """
            )
            #expect(
                moved.text("SourceKeyId")?.hasSuffix(first) == true && moved.text("KeyId")?.hasSuffix(second) == true)
            let again = try #require(moved.text("CiphertextBlob"))
            let opened = try await client.send(
                "Decrypt", #"{"CiphertextBlob":"\#(again)","KeyId":"\#(second)","EncryptionContext":{"c":"d"}}"#
            )
            #expect(opened.text("Plaintext") == "AAEC")
            let wrong = try await client.send("Decrypt", #"{"CiphertextBlob":"\#(again)","KeyId":"\#(first)"}"#)
            #expect(wrong.type == "IncorrectKeyException")
        }
    }

    @Test func `data keys and random bytes have the size that was asked for`() async throws {
        try await TestServer().routed { client in
            let key = try await client.createKey()
            let dataKey = try await client.send("GenerateDataKey", #"{"KeyId":"\#(key)","KeySpec":"AES_256"}"#)
            #expect(dataKey.text("Plaintext")?.count == 44)
            let blob = try #require(dataKey.text("CiphertextBlob"))
            let opened = try await client.send("Decrypt", #"{"CiphertextBlob":"\#(blob)"}"#)
            #expect(opened.text("Plaintext") == dataKey.text("Plaintext"))

            let sealed = try await client.send(
                "GenerateDataKeyWithoutPlaintext", #"{"KeyId":"\#(key)","NumberOfBytes":3}"#
            )
            #expect(sealed.status == 200 && sealed.text("Plaintext") == nil && sealed.text("CiphertextBlob") != nil)
            let random = try await client.send("GenerateRandom", #"{"NumberOfBytes":3}"#)
            #expect(random.text("Plaintext")?.count == 4)
        }
    }

    @Test func `a key's life`() async throws {
        try await TestServer().routed { client in
            let key = try await client.createKey()
            let id = #""KeyId":"\#(key)""#
            func state() async throws -> String? {
                try await client.send("DescribeKey", "{\(id)}").text("KeyMetadata", "KeyState")
            }
            #expect(try await state() == "Enabled")
            let disabled = try await client.send("DisableKey", "{\(id)}")
            #expect(disabled.status == 200 && disabled.body == "")
            #expect(try await state() == "Disabled")
            #expect(try await client.send("Encrypt", #"{\#(id),"Plaintext":"AA=="}"#).type == "DisabledException")
            #expect(try await client.send("EnableKey", "{\(id)}").status == 200)
            #expect(try await client.send("UpdateKeyDescription", #"{\#(id),"Description":"d"}"#).status == 200)
            let scheduled = try await client.send("ScheduleKeyDeletion", #"{\#(id),"PendingWindowInDays":7}"#)
            #expect(scheduled.text("KeyState") == "PendingDeletion")
            #expect(scheduled.body.contains(#""PendingWindowInDays":7"#))
            #expect(
                scheduled.body.contains(#""DeletionDate":1767830400"#), "seven days from the test clock's beginning")
            #expect(
                try await client.send("Encrypt", #"{\#(id),"Plaintext":"AA=="}"#).type == "KMSInvalidStateException"
            )
            let tooShort = try await client.send("ScheduleKeyDeletion", #"{\#(id),"PendingWindowInDays":6}"#)
            #expect(tooShort.type == "ValidationException")
            #expect(try await client.send("CancelKeyDeletion", "{\(id)}").text("KeyId")?.hasSuffix(key) == true)
            #expect(try await state() == "Disabled")
        }
    }

    @Test func `aliases, tags, policies and lists`() async throws {
        try await TestServer().routed { client in
            let (key, other) = (try await client.createKey(), try await client.createKey())
            let id = #""KeyId":"\#(key)""#
            let alias = #""AliasName":"alias/a""#
            #expect(try await client.send("CreateAlias", #"{\#(alias),"TargetKeyId":"\#(key)"}"#).status == 200)
            let twice = try await client.send("CreateAlias", #"{\#(alias),"TargetKeyId":"\#(key)"}"#)
            #expect(twice.type == "AlreadyExistsException")
            let described = try await client.send("DescribeKey", #"{"KeyId":"alias/a"}"#)
            #expect(described.text("KeyMetadata", "KeyId") == key)
            #expect(try await client.send("UpdateAlias", #"{\#(alias),"TargetKeyId":"\#(other)"}"#).status == 200)
            let listed = try await client.send("ListAliases", #"{"KeyId":"\#(other)"}"#)
            #expect(listed.body.contains(#""AliasArn":"arn:aws:kms:eu-central-1:111122223333:alias/a""#))
            #expect(listed.body.contains(#""Truncated":false"#))
            #expect(try await client.send("DeleteAlias", "{\(alias)}").status == 200)
            #expect(try await client.send("DescribeKey", #"{"KeyId":"alias/a"}"#).type == "NotFoundException")

            let tags = #"{\#(id),"Tags":[{"TagKey":"a","TagValue":"b"}]}"#
            #expect(try await client.send("TagResource", tags).status == 200)
            let shown = try await client.send("ListResourceTags", "{\(id)}")
            #expect(shown.body.contains(#""TagKey":"a""#) && shown.body.contains(#""TagValue":"b""#))
            #expect(try await client.send("UntagResource", #"{\#(id),"TagKeys":["a"]}"#).status == 200)
            #expect(try await client.send("ListResourceTags", "{\(id)}").body.contains(#""Tags":[]"#))

            let policy = String.openPolicy.replacing("\"", with: #"\""#)
            #expect(try await client.send("PutKeyPolicy", #"{\#(id),"Policy":"\#(policy)"}"#).status == 200)
            #expect(try await client.send("GetKeyPolicy", "{\(id)}").text("Policy") == .openPolicy)
            #expect(try await client.send("ListKeyPolicies", "{\(id)}").body.contains(#""PolicyNames":["default"]"#))

            let page = try await client.send("ListKeys", #"{"Limit":1}"#)
            let marker = try #require(page.text("NextMarker"))
            #expect(page.body.contains(#""Truncated":true"#))
            let last = try await client.send("ListKeys", #"{"Marker":"\#(marker)"}"#)
            #expect(last.text("NextMarker") == nil && last.body.contains(#""Truncated":false"#))
            #expect(Set([page, last].map { $0.body.contains(key) }) == [true, false])
        }
    }

    @Test func `keys of one Region are not seen from another, nor those of another account`() async throws {
        try await TestServer().routed { client in
            let key = try await client.createKey()
            let elsewhere = client.with { $0.region = "us-east-1" }
            #expect(
                try await elsewhere.send("DescribeKey", #"{"KeyId":"\#(key)"}"#).message
                    == "Key 'arn:aws:kms:us-east-1:111122223333:key/\(key)' does not exist"
            )
            let stranger = client.with { $0.accessKey = "AKIAI44QH8DHBEXAMPLE" }
            #expect(try await stranger.send("DescribeKey", #"{"KeyId":"\#(key)"}"#).type == "NotFoundException")
            let arn = "arn:aws:kms:eu-central-1:111122223333:key/\(key)"
            let denied = try await stranger.send("DescribeKey", #"{"KeyId":"\#(arn)"}"#)
            #expect(denied.type == "AccessDeniedException" && denied.text("Message") != nil && denied.message == nil)
        }
    }

    @Test func `a dry run ends as AWS's does`() async throws {
        try await TestServer().routed { client in
            let key = try await client.createKey()
            let answer = try await client.send("Encrypt", #"{"KeyId":"\#(key)","Plaintext":"AA==","DryRun":true}"#)
            #expect(answer.type == "DryRunOperationException" && answer.status == 400)
        }
    }

    @Test func `what a key signs it verifies, and nothing else`() async throws {
        try await TestServer().routed { client in
            let key = try await client.createKey(#""KeySpec":"ECC_NIST_P256","KeyUsage":"SIGN_VERIFY""#)
            let members = #""KeyId":"\#(key)","SigningAlgorithm":"ECDSA_SHA_256""#
            let signed = try await client.send("Sign", #"{\#(members),"Message":"aGVsbG8="}"#)
            #expect(signed.text("SigningAlgorithm") == "ECDSA_SHA_256")
            let signature = try #require(signed.text("Signature"))
            let verified = try await client.send(
                "Verify", #"{\#(members),"Message":"aGVsbG8=","Signature":"\#(signature)"}"#)
            #expect(verified.status == 200 && verified.body.contains(#""SignatureValid":true"#))
            let other = try await client.send("Verify", #"{\#(members),"Message":"AA==","Signature":"\#(signature)"}"#)
            #expect(other.status == 400 && other.body == #"{"__type":"KMSInvalidSignatureException"}"#)
            let publicKey = try await client.send("GetPublicKey", #"{"KeyId":"\#(key)"}"#)
            #expect(publicKey.text("KeySpec") == "ECC_NIST_P256" && publicKey.text("PublicKey")?.count == 124)
        }
    }

    @Test func `what a key authenticates it verifies, and nothing else`() async throws {
        try await TestServer().routed { client in
            let key = try await client.createKey(#""KeySpec":"HMAC_256","KeyUsage":"GENERATE_VERIFY_MAC""#)
            let members = #""KeyId":"\#(key)","MacAlgorithm":"HMAC_SHA_256""#
            let made = try await client.send("GenerateMac", #"{\#(members),"Message":"aGVsbG8="}"#)
            let mac = try #require(made.text("Mac"))
            let verified = try await client.send("VerifyMac", #"{\#(members),"Message":"aGVsbG8=","Mac":"\#(mac)"}"#)
            #expect(verified.status == 200 && verified.body.contains(#""MacValid":true"#))
            let other = try await client.send("VerifyMac", #"{\#(members),"Message":"AA==","Mac":"\#(mac)"}"#)
            #expect(other.status == 400 && other.body == #"{"__type":"KMSInvalidMacException"}"#)
        }
    }

    @Test func `two keys agree on a secret`() async throws {
        try await TestServer().routed { client in
            var keys: [(id: String, publicKey: String)] = []
            for _ in 0..<2 {
                let key = try await client.createKey(#""KeySpec":"ECC_NIST_P256","KeyUsage":"KEY_AGREEMENT""#)
                let answer = try await client.send("GetPublicKey", #"{"KeyId":"\#(key)"}"#)
                keys.append((key, try #require(answer.text("PublicKey"))))
            }
            var secrets: Set<String> = []
            for (mine, other) in [(keys[0], keys[1]), (keys[1], keys[0])] {
                let answer = try await client.send(
                    "DeriveSharedSecret",
                    #"{"KeyId":"\#(mine.id)","KeyAgreementAlgorithm":"ECDH","PublicKey":"\#(other.publicKey)"}"#)
                secrets.insert(try #require(answer.text("SharedSecret")))
                #expect(answer.text("KeyOrigin") == "AWS_KMS")
            }
            #expect(secrets.count == 1 && secrets.first?.count == 44)
        }
    }

    @Test func `data key pairs, with their private keys and without`() async throws {
        try await TestServer().routed { client in
            let key = try await client.createKey()
            let members = #"{"KeyId":"\#(key)","KeyPairSpec":"ECC_NIST_P256"}"#
            let pair = try await client.send("GenerateDataKeyPair", members)
            #expect(pair.text("KeyPairSpec") == "ECC_NIST_P256" && pair.text("KeyMaterialId")?.count == 64)
            let blob = try #require(pair.text("PrivateKeyCiphertextBlob"))
            let opened = try await client.send("Decrypt", #"{"CiphertextBlob":"\#(blob)"}"#)
            #expect(opened.text("Plaintext") == pair.text("PrivateKeyPlaintext"))
            let sealed = try await client.send("GenerateDataKeyPairWithoutPlaintext", members)
            #expect(sealed.text("PrivateKeyPlaintext") == nil && sealed.text("PrivateKeyCiphertextBlob") != nil)
            #expect(sealed.text("PublicKey") != pair.text("PublicKey"))
        }
    }

    @Test func `RSA encryption names its algorithm, and no material`() async throws {
        try await TestServer().routed { client in
            let key = try await client.createKey(#""KeySpec":"RSA_2048","KeyUsage":"ENCRYPT_DECRYPT""#)
            let members = #""KeyId":"\#(key)","EncryptionAlgorithm":"RSAES_OAEP_SHA_256""#
            let sealed = try await client.send("Encrypt", #"{\#(members),"Plaintext":"aGVsbG8="}"#)
            #expect(sealed.text("EncryptionAlgorithm") == "RSAES_OAEP_SHA_256")
            let blob = try #require(sealed.text("CiphertextBlob"))
            let opened = try await client.send("Decrypt", #"{\#(members),"CiphertextBlob":"\#(blob)"}"#)
            #expect(opened.text("Plaintext") == "aGVsbG8=" && opened.text("KeyMaterialId") == nil)
            #expect(opened.text("EncryptionAlgorithm") == "RSAES_OAEP_SHA_256")
        }
    }

    @Test func `a rotation keeps what was encrypted before`() async throws {
        try await TestServer().routed { client in
            let key = try await client.createKey()
            let id = #""KeyId":"\#(key)""#
            let blob = try #require(
                try await client.send("Encrypt", #"{\#(id),"Plaintext":"AAEC"}"#).text("CiphertextBlob"))
            #expect(try await client.send("RotateKeyOnDemand", "{\(id)}").text("KeyId")?.hasSuffix(key) == true)
            let opened = try await client.send("Decrypt", #"{"CiphertextBlob":"\#(blob)"}"#)
            #expect(opened.text("Plaintext") == "AAEC")
            let listed = try await client.send("ListKeyRotations", "{\(id)}")
            #expect(listed.body.contains(#""RotationType":"ON_DEMAND""#) && listed.body.contains(#""Truncated":false"#))
            let now = try await client.send("DescribeKey", "{\(id)}").text("KeyMetadata", "CurrentKeyMaterialId")
            #expect(now != opened.text("KeyMaterialId") && now?.count == 64)

            #expect(try await client.send("EnableKeyRotation", #"{\#(id),"RotationPeriodInDays":90}"#).status == 200)
            let status = try await client.send("GetKeyRotationStatus", "{\(id)}")
            #expect(status.body.contains(#""KeyRotationEnabled":true"#))
            #expect(status.body.contains(#""RotationPeriodInDays":90"#))
            #expect(try await client.send("DisableKeyRotation", "{\(id)}").body == "")
            #expect(
                try await client.send("GetKeyRotationStatus", "{\(id)}").body.contains(#""KeyRotationEnabled":false"#))
        }
    }

    @Test func `a key without material takes none that comes with no token of ours`() async throws {
        try await TestServer().routed { client in
            let key = try await client.createKey(#""Origin":"EXTERNAL""#)
            let id = #""KeyId":"\#(key)""#
            #expect(
                try await client.send("DescribeKey", "{\(id)}").text("KeyMetadata", "KeyState") == "PendingImport")
            let wrapping = #""WrappingAlgorithm":"RSAES_OAEP_SHA_256","WrappingKeySpec":"RSA_2048""#
            let parameters = try await client.send("GetParametersForImport", "{\(id),\(wrapping)}")
            #expect(
                parameters.body.contains(#""ParametersValidTo":1767312000"#), "a day from the test clock's beginning")
            let token = try #require(parameters.text("ImportToken"))
            let body = #""EncryptedKeyMaterial":"AA==","ExpirationModel":"KEY_MATERIAL_DOES_NOT_EXPIRE""#
            let wrong = try await client.send("ImportKeyMaterial", #"{\#(id),\#(body),"ImportToken":"AA=="}"#)
            #expect(wrong.type == "InvalidImportTokenException" && wrong.status == 400)
            let unreadable = try await client.send("ImportKeyMaterial", #"{\#(id),\#(body),"ImportToken":"\#(token)"}"#)
            #expect(unreadable.type == "InvalidCiphertextException")
            #expect(try await client.send("DeleteImportedKeyMaterial", "{\(id)}").status == 200)
        }
    }

    @Test func `a key's last use is the request that used it`() async throws {
        try await TestServer().routed { client in
            let key = try await client.createKey()
            let unused = try await client.send("GetKeyLastUsage", #"{"KeyId":"\#(key)"}"#)
            #expect(unused.status == 200 && unused.body.contains(#""KeyLastUsage":{}"#))
            let sealed = try await client.send("Encrypt", #"{"KeyId":"\#(key)","Plaintext":"AA=="}"#)
            let used = try await client.send("GetKeyLastUsage", #"{"KeyId":"\#(key)"}"#)
            #expect(used.text("KeyLastUsage", "Operation") == "Encrypt")
            #expect(used.text("KeyLastUsage", "KmsRequestId") == sealed.headers[.amznRequestID])
        }
    }

    @Test(arguments: [
        (KMSError(.keyUnavailable, "later"), "KeyUnavailableException", 500),
        (KMSError(.dependencyTimeout, "late"), "DependencyTimeoutException", 500),
        (KMSError(.throttled, "slower"), "ThrottlingException", 400),
        (KMSError(.internalFailure, "", cause: "CKR_HOST_MEMORY in slot 7"), "KMSInternalException", 500),
    ])
    func `faults of the backend say nothing of its inside`(fault: KMSError, type: String, status: Int) async throws {
        let server = try await TestServer()
        try await server.routed { client in
            let key = try await client.createKey()
            server.backend.fail(with: fault)
            let answer = try await client.send("Encrypt", #"{"KeyId":"\#(key)","Plaintext":"AA=="}"#)
            #expect(answer.type == type && answer.status == status)
            #expect(!answer.body.contains("CKR_"))
        }
    }

    @Test func `everything that can be decoded is served`() {
        #expect(OperationTable().operations == Set(RequestDecoder.requests.map { $0.operation }))
    }

    @Test func `what AWS has and this server has not is named`() async throws {
        try await TestServer().routed { client in
            for operation in OperationName.allCases where !OperationTable().operations.contains(operation) {
                let answer = try await client.send(operation.rawValue, "{}")
                #expect(answer.type == "UnsupportedOperationException" && answer.status == 400)
                #expect(answer.message?.contains(operation.rawValue) == true)
            }
        }
    }
}
