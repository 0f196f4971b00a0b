import Foundation
import KMSCore
import KMSPolicy
import Testing

@testable import AuditLog

/// A record's JSON, parsed by somebody else.
private func parse(_ record: AuditRecord) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(record.json)) as? [String: Any])
}

/// Two JSON values are the same, whatever the order of their members.
private func expectEqual(
    _ found: Any?, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    func text(_ value: Any) throws -> String {
        let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
        return String(decoding: data, as: UTF8.self)
    }
    let wanted = try JSONSerialization.jsonObject(with: Data(expected.utf8), options: [.fragmentsAllowed])
    let value = try #require(found, sourceLocation: sourceLocation)
    #expect(try text(value) == text(wanted), sourceLocation: sourceLocation)
}

@Suite struct `A record` {
    private static let account = AccountID("111122223333")!
    private static let keyARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    private static func record(
        _ caller: CallerIdentity?, origin: CallOrigin? = CallOrigin(sourceIP: "192.0.2.1", userAgent: "test"),
        recipient: AccountID = account, error: AuditRecord.Failure? = nil, parameters: AuditValue? = nil,
        response: AuditValue? = nil, resources: [AuditRecord.Resource] = [],
        decisions: [AuditRecord.DecisionNote] = [], additional: [AuditValue.Member] = [], isServiceEvent: Bool = false
    ) -> AuditRecord {
        AuditRecord(
            id: "0cab3a5a-0001-4002-8003-000000000004", date: Timestamp(milliseconds: 1_767_225_600_999),
            source: "kms.amazonaws.com", name: "Decrypt", region: "eu-central-1", caller: caller, origin: origin,
            requestID: "1cab3a5a-0001-4002-8003-000000000004", requestParameters: parameters,
            responseElements: response, error: error, resources: resources, isReadOnly: true, recipient: recipient,
            decisions: decisions, additional: additional, isServiceEvent: isServiceEvent)
    }

    private static func caller(
        _ kind: PolicyCaller.Kind, arn: String, id: String, issuer: String? = nil, issuerID: String? = nil,
        user: String? = nil, key: String = "AKIAIOSFODNN7EXAMPLE", session: CallerIdentity.SessionFacts? = nil
    ) -> CallerIdentity {
        CallerIdentity(
            principal: Principal(account: account, arn: arn),
            policyCaller: PolicyCaller(
                kind: kind, account: account.description, arn: arn, userID: id, issuerARN: issuer, issuerID: issuerID),
            policies: CallerPolicies(), userName: user, accessKeyID: key, session: session)
    }

    private static func session(
        mfa: Bool = false, via: String? = nil, source: String? = nil
    ) -> CallerIdentity.SessionFacts {
        CallerIdentity.SessionFacts(
            creationDate: Timestamp(seconds: 1_767_222_000), expirationDate: Timestamp(seconds: 1_767_229_200),
            multiFactorDate: mfa ? Timestamp(seconds: 1_767_222_000) : nil, viaService: via, sourceIdentity: source,
            issuerName: "deployer")
    }

    private static let alice = caller(
        .user, arn: "arn:aws:iam::111122223333:user/alice", id: "AIDAEXAMPLE", user: "alice")

    @Test func `has CloudTrail's shape`() throws {
        let record = Self.record(
            Self.alice,
            parameters: .object(("keyId", .string(Self.keyARN)), ("encryptionContext", .pairs(["b": "2", "a": "1"]))),
            resources: [.init(arn: Self.keyARN, account: Self.account, type: "AWS::KMS::Key")])
        try expectEqual(
            parse(record),
            """
            {"eventVersion": "1.11",
             "userIdentity": {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "userName": "alice",
                "arn": "arn:aws:iam::111122223333:user/alice", "accountId": "111122223333",
                "accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
             "eventTime": "2026-01-01T00:00:00Z", "eventSource": "kms.amazonaws.com", "eventName": "Decrypt",
             "awsRegion": "eu-central-1", "sourceIPAddress": "192.0.2.1", "userAgent": "test",
             "requestParameters": {"keyId": "\(Self.keyARN)", "encryptionContext": {"a": "1", "b": "2"}},
             "responseElements": null, "requestID": "1cab3a5a-0001-4002-8003-000000000004",
             "eventID": "0cab3a5a-0001-4002-8003-000000000004", "readOnly": true,
             "resources": [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": "\(Self.keyARN)"}],
             "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": "111122223333",
             "eventCategory": "Management"}
            """)
    }

    @Test func `of a refused call has the error`() throws {
        let record = try parse(
            Self.record(Self.alice, error: .init(code: "AccessDeniedException", message: "User is not authorized")))
        #expect(record["errorCode"] as? String == "AccessDeniedException")
        #expect(record["errorMessage"] as? String == "User is not authorized")
        #expect(try parse(Self.record(Self.alice))["errorCode"] == nil)
    }

    @Test func `says how a call over TLS came`() throws {
        var origin = CallOrigin(isSecure: true)
        #expect(try parse(Self.record(Self.alice))["tlsDetails"] == nil)
        origin.tlsVersion = "TLSv1.3"
        origin.host = "kms.example.org"
        try expectEqual(
            parse(Self.record(Self.alice, origin: origin))["tlsDetails"],
            #"{"tlsVersion": "TLSv1.3", "clientProvidedHostHeader": "kms.example.org"}"#)
    }

    @Test func `names every kind of caller as CloudTrail does`() throws {
        let role = "arn:aws:iam::111122223333:role/deployer"
        let assumed = "arn:aws:sts::111122223333:assumed-role/deployer/build"
        let context = #""attributes": {"creationDate": "2025-12-31T23:00:00Z", "mfaAuthenticated": "false"}"#
        let issuer =
            #""sessionIssuer": {"type": "Role", "principalId": "AROAEXAMPLE", "arn": "\#(role)", "accountId": "111122223333", "userName": "deployer"}"#
        let cases: [(CallerIdentity?, String)] = [
            (
                .root(of: Self.account),
                #"{"type": "Root", "principalId": "111122223333", "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333"}"#
            ),
            (
                Self.caller(
                    .roleSession, arn: assumed, id: "AROAEXAMPLE:build", issuer: role, issuerID: "AROAEXAMPLE",
                    key: "ASIAEXAMPLE", session: Self.session()),
                #"{"type": "AssumedRole", "principalId": "AROAEXAMPLE:build", "arn": "\#(assumed)", "accountId": "111122223333", "accessKeyId": "ASIAEXAMPLE", "sessionContext": {\#(issuer), \#(context)}}"#
            ),
            (
                Self.caller(
                    .roleSession, arn: assumed, id: "AROAEXAMPLE:build", issuer: role, issuerID: "AROAEXAMPLE",
                    key: "ASIAEXAMPLE", session: Self.session(via: "ec2.amazonaws.com", source: "alice")),
                #"{"type": "AssumedRole", "principalId": "AROAEXAMPLE:build", "arn": "\#(assumed)", "accountId": "111122223333", "accessKeyId": "ASIAEXAMPLE", "sessionContext": {\#(issuer), \#(context), "sourceIdentity": "alice"}, "invokedBy": "ec2.amazonaws.com"}"#
            ),
            (
                Self.caller(
                    .user, arn: "arn:aws:iam::111122223333:user/alice", id: "AIDAEXAMPLE", user: "alice",
                    key: "ASIAEXAMPLE", session: Self.session(mfa: true)),
                #"{"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": "arn:aws:iam::111122223333:user/alice", "accountId": "111122223333", "accessKeyId": "ASIAEXAMPLE", "userName": "alice", "sessionContext": {"attributes": {"creationDate": "2025-12-31T23:00:00Z", "mfaAuthenticated": "true"}}}"#
            ),
            (
                Self.caller(.service("logs.amazonaws.com"), arn: "logs.amazonaws.com", id: "ASVCEXAMPLE"),
                #"{"type": "AWSService", "principalId": "ASVCEXAMPLE", "accountId": "111122223333", "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "invokedBy": "logs.amazonaws.com"}"#
            ),
            (nil, #"{"type": "Unknown"}"#),
        ]
        for (caller, expected) in cases {
            try expectEqual(parse(Self.record(caller))["userIdentity"], expected)
        }
    }

    @Test func `in another account's log does not tell who the caller is there`() throws {
        let record = Self.record(Self.alice, recipient: try #require(AccountID("444455556666")))
        try expectEqual(
            parse(record)["userIdentity"],
            #"{"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": "111122223333"}"#)
    }

    @Test func `of what the server does of itself has nobody in it`() throws {
        let record = try parse(Self.record(nil, origin: nil, isServiceEvent: true))
        try expectEqual(record["userIdentity"], #"{"accountId": "111122223333", "invokedBy": "AWS Internal"}"#)
        #expect(record["eventType"] as? String == "AwsServiceEvent")
        #expect(record["sourceIPAddress"] as? String == "AWS Internal")
    }

    @Test func `says which statement of which policy decided`() throws {
        let cases: [(Decision.Reason, String)] = [
            (
                .allowed(by: .keyPolicy, statement: .init(index: 1, sid: "Admins")),
                #"{"policyType": "KeyPolicy", "statementIndex": 1, "statementSid": "Admins", "text": "allowed by statement Admins of the key policy"}"#
            ),
            (
                .allowed(
                    by: .identityPolicy("arn:aws:iam::aws:policy/AdministratorAccess"),
                    statement: .init(index: 0, sid: nil)),
                #"{"policyType": "IdentityPolicy", "policy": "arn:aws:iam::aws:policy/AdministratorAccess", "statementIndex": 0, "text": "allowed by statement 0 of the identity-based policy arn:aws:iam::aws:policy/AdministratorAccess"}"#
            ),
            (
                .allowed(by: .grant(id: "abcd"), statement: nil),
                #"{"policyType": "Grant", "policy": "abcd", "text": "allowed by the grant abcd"}"#
            ),
            (.allowedToRoot, #"{"text": "allowed, as the root of an account needs no identity-based policy"}"#),
            (
                .denied(by: .permissionsBoundary("b"), statement: .init(index: 2, sid: "No")),
                #"{"policyType": "PermissionsBoundary", "policy": "b", "statementIndex": 2, "statementSid": "No", "text": "denied by statement No of the permissions boundary b"}"#
            ),
            (
                .denied(by: .sessionPolicy, statement: .init(index: 0, sid: "")),
                #"{"policyType": "SessionPolicy", "statementIndex": 0, "text": "denied by statement 0 of the session policy"}"#
            ),
            (
                .denied(by: .trustPolicy, statement: .init(index: 0, sid: "T")),
                #"{"policyType": "TrustPolicy", "statementIndex": 0, "statementSid": "T", "text": "denied by statement T of the role's trust policy"}"#
            ),
            (
                .notAllowed(by: .identityPolicy),
                #"{"policyType": "IdentityPolicy", "text": "no identity-based policy allows it"}"#
            ),
            (
                .notAllowed(by: .resourcePolicy),
                #"{"policyType": "ResourcePolicy", "text": "no resource-based policy allows it"}"#
            ),
            (.notAcrossAccounts, #"{"text": "the action does not work across accounts"}"#),
        ]
        for (reason, expected) in cases {
            let decision = Decision(reason)
            let note = AuditRecord.DecisionNote(action: "kms:Decrypt", resource: Self.keyARN, decision: decision)
            let data = try parse(Self.record(Self.alice, decisions: [note]))["additionalEventData"] as? [String: Any]
            try expectEqual(
                data?["decisions"],
                #"[{"action": "kms:Decrypt", "resource": "\#(Self.keyARN)", "allowed": \#(decision.isAllowed), "reason": \#(expected)}]"#
            )
        }
    }

    @Test func `keeps whatever a client sent inside its string`() throws {
        let hostile = [
            "\"}]}", "\\", "\\\"", "\n{\"sequence\":1", "\u{0}", "\u{7f}\u{85}\u{2028}\u{202e}", "\u{1b}[2Jgone", "é€😀",
            "\r\n", "</script>", "\u{10ffff}", "",
        ]
        for text in hostile {
            let origin = CallOrigin(sourceIP: "::1", userAgent: text)
            let record = Self.record(
                Self.alice, origin: origin, error: .init(code: "X", message: text),
                parameters: .pairs([text: text]), additional: [.init(text, .string(text))])
            let json = record.json
            #expect(RecordLine.canHold(json), "one line, without control characters: \(text.debugDescription)")
            #expect(!String(decoding: json, as: UTF8.self).unicodeScalars.contains { $0.value == 0x202e })
            let parsed = try parse(record)
            #expect(parsed["userAgent"] as? String == text)
            #expect((parsed["requestParameters"] as? [String: String])?[text] == text)
            #expect((parsed["additionalEventData"] as? [String: String])?[text] == text)
        }
    }

    @Test func `has all kinds of values`() throws {
        let value = AuditValue.object(
            ("null", .null), ("flag", .bool(false)), ("least", .integer(.min)), ("list", .strings(["a", "b"])),
            ("empty", .array([])), ("nothing", .object([])), ("date", .date(Timestamp(seconds: 0))), ("left out", nil))
        try expectEqual(
            parse(Self.record(Self.alice, parameters: value))["requestParameters"],
            """
            {"null": null, "flag": false, "least": -9223372036854775808, "list": ["a", "b"], "empty": [], "nothing": {},
             "date": "1970-01-01T00:00:00Z"}
            """)
    }

    @Test func `is at most 256 KB long, whatever is in it`() throws {
        let long = String(repeating: "\u{1}", count: 1 << 20)
        let note = AuditRecord.DecisionNote(action: "kms:Decrypt", resource: long, decision: Decision(.allowedToRoot))
        // Just below what is left out, and above it.
        for size in [16_000, 300_000] {
            let filling = AuditValue.string(String(repeating: "\u{1}", count: size))
            var origin = CallOrigin(sourceIP: long, userAgent: long, isSecure: true)
            (origin.tlsVersion, origin.host) = (long, long)
            let record = Self.record(
                Self.alice, origin: origin, error: .init(code: long, message: long),
                parameters: filling, response: filling,
                resources: Array(repeating: .init(arn: long, account: Self.account, type: long), count: 20),
                decisions: Array(repeating: note, count: 11),
                additional: [.init("a", .string(String(repeating: "x", count: 2000)))])
            #expect(record.json.count <= 256 << 10)
            let parsed = try parse(record)
            #expect((parsed["userAgent"] as? String)?.hasSuffix("[truncated]") == true)
            #expect((parsed["userAgent"] as? String)?.utf8.count ?? 0 > 150)
            #expect(
                (parsed["requestParameters"] as? [String: Any])?["omitted"] as? Bool == (size > 100_000 ? true : nil))
        }
    }

    @Test func `says what a call was for, however long its policy is`() throws {
        let policy = AuditValue.string(String(repeating: "\n", count: 60_000))
        let record = Self.record(
            Self.alice, parameters: .object(("roleName", .string("app")), ("policyDocument", policy)))
        try expectEqual(
            parse(record)["requestParameters"],
            #"{"roleName": "app", "policyDocument": {"omitted": true, "size": 360002}}"#)
    }

    @Test func `says what a decision was about, however long its statement's name is`() throws {
        let name = Decision.StatementName(index: 0, sid: String(repeating: "x", count: 30_000))
        let note = AuditRecord.DecisionNote(
            action: "kms:Decrypt", resource: "*", decision: Decision(.allowed(by: .keyPolicy, statement: name)))
        let parsed = try parse(Self.record(Self.alice, decisions: [note]))
        let decisions = (parsed["additionalEventData"] as? [String: Any])?["decisions"] as? [[String: Any]]
        #expect(decisions?.first?["action"] as? String == "kms:Decrypt")
    }

    @Test func `cuts a long text between characters`() throws {
        for letter in ["x", "é", "€", "😀"] {
            let agent = String(repeating: letter, count: 3000)
            let parsed = try parse(Self.record(Self.alice, origin: CallOrigin(sourceIP: "::1", userAgent: agent)))
            let text = try #require(parsed["userAgent"] as? String)
            #expect(text.hasSuffix("[truncated]") && agent.hasPrefix(text.dropLast(11)))
            #expect((1000...1060).contains(text.utf8.count))
        }
    }
}
