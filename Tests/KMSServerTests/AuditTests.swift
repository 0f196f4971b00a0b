import FoundationEssentials
import HTTPTypes
import KMSCore
import KMSTesting
import Testing

@testable import KMSServer

@Suite struct `The audit log of a server` {
    /// What is compared of a record.
    struct Record: Decodable, Hashable {
        let eventSource: String
        let eventName: String
        let errorCode: String?
        let requestID: String
        let readOnly: Bool
    }

    /// The records of calls, when there are as many as that. Those of changes come on their own way, and later.
    func records(_ count: Int, of server: TestServer) async throws -> [Record] {
        for _ in 0..<1000 where server.audit.texts.count < count { try await Task.sleep(for: .milliseconds(10)) }
        return try server.audit.texts.map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) }
    }

    @Test func `has one record of every call, allowed or not`() async throws {
        let server = try await TestServer()
        try await server.routed { client in
            let key = try await client.createKey()
            let calls: [(operation: String, body: String, error: String?)] = [
                ("CreateKey", "{}", nil),
                ("Encrypt", #"{"KeyId":"\#(key)","Plaintext":"aGVsbG8="}"#, nil),
                ("Encrypt", #"{"KeyId":"\#(key)","Plaintext":"aGVsbG8=","DryRun":true}"#, "DryRunOperationException"),
                ("Encrypt", #"{"KeyId":"\#(KeyID.random())","Plaintext":"aGVsbG8="}"#, "NotFoundException"),
                ("Encrypt", #"{"KeyId":"\#(key)"}"#, "ValidationException"),
                ("Encrypt", #"{"KeyId":"#, "SerializationException"),
                // A change that changes nothing.
                ("EnableKey", #"{"KeyId":"\#(key)"}"#, nil),
                ("DisableKey", #"{"KeyId":"\#(key)"}"#, nil),
                ("Encrypt", #"{"KeyId":"\#(key)","Plaintext":"aGVsbG8="}"#, "DisabledException"),
                ("ListKeys", "", nil),
                ("ReplicateKey", #"{"KeyId":"\#(key)","ReplicaRegion":"us-east-1"}"#, "DisabledException"),
            ]
            var expected: [String: [String?]] = [:]
            for call in calls {
                let answer = try await client.send(call.operation, call.body)
                #expect(answer.type == call.error)
                expected[try #require(answer.headers[.amznRequestID])] = [call.operation, call.error]
            }
            let stranger = client.with { $0.accessKey = "AKIAI44QH8DHBEXAMPLE" }
            let refused = try await stranger.send(
                "DescribeKey", #"{"KeyId":"arn:aws:kms:eu-central-1:111122223333:key/\#(key)"}"#)
            // CloudTrail's name of it.
            expected[try #require(refused.headers[.amznRequestID])] = ["DescribeKey", "AccessDenied"]

            let records = try await records(expected.count + 1, of: server)
            #expect(records.count == expected.count + 1, "and that of the first CreateKey")
            let found = Dictionary(grouping: records, by: \.requestID)
            for (id, call) in expected {
                #expect(found[id]?.map { [$0.eventName, $0.errorCode] } == [call])
            }
            let changes = ["CreateKey", "EnableKey", "DisableKey", "ReplicateKey"]
            #expect(records.allSatisfy { $0.readOnly != changes.contains($0.eventName) })
        }
    }

    @Test func `has one record of every call of IAM and STS`() async throws {
        let server = try await TestServer()
        try await server.routed { client in
            let bodies = [
                "Action=GetCallerIdentity&Version=2011-06-15", "Action=GetUser&Version=2010-05-08&UserName=nobody",
                "Action=GetUser&Version=2010-05-08&UserName=a%20b", "Action=ListGroups&Version=2010-05-08",
                "Action=Nothing&Version=2010-05-08",
            ]
            for body in bodies {
                let service = client.with { $0.service = body.hasSuffix("2011-06-15") ? "sts" : "iam" }
                _ = try await service.postForm(body)
            }
            let records = try await records(bodies.count, of: server)
            #expect(records.map(\.eventName) == ["GetCallerIdentity", "GetUser", "GetUser", "ListGroups", "Nothing"])
            #expect(Set(records.map(\.requestID)).count == bodies.count)
            #expect(records[0].eventSource == "sts.amazonaws.com" && records[0].errorCode == nil)
            #expect(records.dropFirst().allSatisfy { $0.eventSource == "iam.amazonaws.com" && $0.errorCode != nil })
        }
    }

    @Test func `has nothing of what nobody has signed, or no operation is meant by`() async throws {
        let server = try await TestServer()
        try await server.routed { client in
            _ = try await client.post(HTTPFields(), "{}")
            _ = try await client.with { $0.secret = "wrong" }.send("ListKeys", "{}")
            _ = try await client.send("NoOperation", "{}")
            #expect(server.audit.texts.isEmpty)
        }
    }

    @Test func `holds nothing that is to be kept secret`() async throws {
        let server = try await TestServer()
        try await server.routed { client in
            let key = try await client.createKey()
            let secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQ="
            let context = #""EncryptionContext":{"tenant":"a"}"#
            let sealed = try await client.send(
                "Encrypt", #"{"KeyId":"\#(key)","Plaintext":"\#(secret)",\#(context)}"#)
            let blob = try #require(sealed.text("CiphertextBlob"))
            _ = try await client.send("Decrypt", #"{"CiphertextBlob":"\#(blob)",\#(context)}"#)
            _ = try await client.send("Decrypt", #"{"CiphertextBlob":"\#(blob)"}"#)
            _ = try await client.send("Encrypt", #"{"KeyId":"\#(key)","Plaintext":"\#(secret)!"}"#)
            _ = try await client.send("Encrypt", #"{"KeyId":"\#(key)","Unknown":"\#(secret)"}"#)
            _ = try await records(6, of: server)
            let texts = server.audit.texts
            #expect(texts.count == 6)
            for text in texts {
                #expect(!text.contains(secret.dropLast(4)) && !text.contains(blob))
            }
            #expect(texts.count { $0.contains(#""encryptionContext":{"tenant":"a"}"#) } == 2)
        }
    }

    @Test func `that takes no records lets no work be done`() async throws {
        let server = try await TestServer()
        try await server.routed { client in
            let key = try await client.createKey()
            let made = server.backend.calls(of: .generateKey)
            server.audit.fail(with: KMSError(.internalFailure, "No room.", cause: "the disk is full"))
            for (operation, body) in [
                ("CreateKey", "{}"), ("Encrypt", #"{"KeyId":"\#(key)","Plaintext":"AAEC"}"#), ("ListKeys", "{}"),
                ("ListKeys", "no JSON"), ("DisableKey", #"{"KeyId":"\#(key)"}"#),
            ] {
                let answer = try await client.send(operation, body)
                #expect(answer.status == 500 && answer.type == "KMSInternalException")
                #expect(answer.message == "No room.")
            }
            let answer = try await client.with { $0.service = "sts" }.postForm(
                "Action=GetCallerIdentity&Version=2011-06-15")
            #expect(answer.status == 500)
            #expect(server.backend.calls(of: .generateKey) == made)
            server.audit.fail(with: nil)
            #expect(
                try await client.send("DescribeKey", #"{"KeyId":"\#(key)"}"#).body.contains(#""KeyState":"Enabled""#))
            #expect(try await client.send("ListKeys", "{}").body.components(separatedBy: "KeyArn").count == 2)
        }
    }

    /// One that finds out too late that there is no room.
    struct LateSink: AuditSink {
        func checkAccepting() throws(KMSError) {}
        func append(_: AuditRecord) throws(KMSError) { throw KMSError(.throttled, "No room.") }
        func append(durably _: [OutboxItem]) async throws(KMSError) {}
    }

    @Test func `has a record of whatever is told`() async throws {
        try await TestServer(sink: LateSink()).routed { client in
            // The record of a change is in the change.
            let key = try await client.createKey()
            let answer = try await client.send("GenerateDataKey", #"{"KeyId":"\#(key)","KeySpec":"AES_256"}"#)
            #expect(answer.status == 400 && answer.type == "ThrottlingException")
            #expect(answer.text("Plaintext") == nil)
        }
    }
}

extension SignedClient {
    /// Sends a request of the query protocol.
    func postForm(_ body: String) async throws -> Answer {
        let type = "application/x-www-form-urlencoded"
        return try await post(headers(nil, Array(body.utf8), contentType: type), body)
    }
}
