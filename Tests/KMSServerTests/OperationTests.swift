import HTTPTypes
import KMSCore
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

            #expect(try await client.send("PutKeyPolicy", #"{\#(id),"Policy":"{\"a\":1}"}"#).status == 200)
            #expect(try await client.send("GetKeyPolicy", "{\(id)}").text("Policy") == #"{"a":1}"#)
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
