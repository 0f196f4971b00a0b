import FoundationEssentials
import Testing

@testable import KMSCore
@testable import KMSWire

private let keyAddress = KeyAddress(
    scope: Scope(account: AccountID("111122223333")!, region: Region("eu-central-1")!), id: KeyID(keyID)!)
private let grantID = String(repeating: "0a", count: 32)
private let alice = "arn:aws:iam::111122223333:user/alice"

/// One that CreateGrant would have given.
let grantToken = Data(GrantToken(grantID: grantID, key: keyAddress).encoded).base64EncodedString()

@Suite struct `Grants on the wire` {
    @Test func `CreateGrant with everything that AWS has for it`() throws {
        let request = try decode(
            CreateGrantRequest.self,
            """
            {"KeyId": "\(keyID)", "GranteePrincipal": "\(alice)", "RetiringServicePrincipal": "ec2.amazonaws.com",
             "Operations": ["Decrypt", "CreateGrant", "Decrypt"], "GrantTokens": ["\(grantToken)"],
             "Constraints": {"EncryptionContextSubset": {"a": "b"}, "EncryptionContextEquals": null,
                             "SourceArn": "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1"},
             "Name": "a:b/c_d-e", "DryRun": true}
            """
        )
        #expect(request.keyID == keyID && request.isDryRun)
        let grant = request.newGrant
        #expect(grant.grantee == .principal(alice) && grant.retiring == .service("ec2.amazonaws.com"))
        #expect(grant.operations == ["Decrypt", "CreateGrant"] && grant.name == "a:b/c_d-e")
        #expect(grant.constraint == .encryptionContextSubset(["a": "b"]))
        #expect(grant.sourceARN == "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1")
    }

    @Test func `CreateGrant with what it must have`() throws {
        let body = #"{"KeyId":"k","GranteePrincipal":"\#(alice)","Operations":["Sign"],"Constraints":{}}"#
        let request = try decode(CreateGrantRequest.self, body)
        let grant = request.newGrant
        #expect(!request.isDryRun && grant.retiring == nil && grant.constraint == nil && grant.sourceARN == nil)
        #expect(grant.name == nil)
    }

    @Test func `a constraint without a pair stays one, for the domain to refuse`() throws {
        let body = """
            {"KeyId":"k","GranteePrincipal":"\(alice)","Operations":["Sign"],
             "Constraints":{"EncryptionContextEquals":{}}}
            """
        #expect(try decode(CreateGrantRequest.self, body).newGrant.constraint == .encryptionContextEquals([:]))
    }

    @Test(arguments: [
        (#""GranteePrincipal":"a b""#, "'a b' at 'granteePrincipal' failed to satisfy constraint: Member must satisfy"),
        (#""GranteeServicePrincipal":"ec2.amazonaws""#, "'ec2.amazonaws' at 'granteeServicePrincipal'"),
        (#""GranteeServicePrincipal":"ec2_.amazonaws.com""#, "'ec2_.amazonaws.com' at 'granteeServicePrincipal'"),
        (#""RetiringServicePrincipal":".amazonaws.com""#, "'.amazonaws.com' at 'retiringServicePrincipal'"),
        (#""Operations":["Decrypt","PutKeyPolicy"]"#, "'[Decrypt, PutKeyPolicy]' at 'operations'"),
        (#""Name":"a b""#, "'a b' at 'name'"),
        (#""Constraints":{"SourceArn":"arn:aws:ec2:eu-central-1::volume/v"}"#, "at 'constraints.sourceArn'"),
        (#""Constraints":{"SourceArn":"arn:aws:s3"}"#, "Member must have length greater than or equal to 20"),
        (#""GrantTokens":["a","a","a","a","a","a","a","a","a","a","a"]"#, "at 'grantTokens'"),
    ])
    func `CreateGrant's members have their shapes`(member: String, text: String) throws {
        let error = try #require(refusal(CreateGrantRequest.self, #"{"KeyId":"k",\#(member)}"#))
        #expect(error.code == "ValidationException")
        #expect(error.message?.contains(text) == true, "\(error.message ?? "")")
    }

    @Test func `what CreateGrant must have is missed`() throws {
        let error = try #require(refusal(CreateGrantRequest.self, "{}"))
        #expect(
            error.message == "2 validation errors detected: Value null at 'keyId' failed to satisfy constraint: "
                + "Member must not be null; Value null at 'operations' failed to satisfy constraint: Member must not "
                + "be null")
    }

    @Test(arguments: [
        (#""Operations":["Decrypt"]"#, "You must specify either GranteePrincipal or GranteeServicePrincipal"),
        (
            #""GranteePrincipal":"a","GranteeServicePrincipal":"ec2.amazonaws.com","Operations":["Decrypt"]"#,
            "either GranteePrincipal or GranteeServicePrincipal, but not both."
        ),
        (
            #""GranteePrincipal":"a","RetiringPrincipal":"a","RetiringServicePrincipal":"a.b.c","Operations":["Sign"]"#,
            "either RetiringPrincipal or RetiringServicePrincipal, but not both."
        ),
        (
            """
            "GranteePrincipal":"a","Operations":["Decrypt"],
            "Constraints":{"EncryptionContextEquals":{"a":"b"},"EncryptionContextSubset":{"a":"b"}}
            """,
            "either EncryptionContextEquals or EncryptionContextSubset, but not both."
        ),
    ])
    func `of two ways to say one thing CreateGrant takes one`(members: String, text: String) throws {
        let error = try #require(refusal(CreateGrantRequest.self, #"{"KeyId":"k",\#(members)}"#))
        #expect(error.code == "ValidationException")
        #expect(error.message?.contains(text) == true, "\(error.message ?? "")")
    }

    @Test(arguments: [#""x""#, "[]", #"{"EncryptionContextEquals":[]}"#, #"{"EncryptionContextSubset":{"a":1}}"#])
    func `constraints of another type are not read`(constraints: String) {
        let body = #"{"KeyId":"k","GranteePrincipal":"a","Operations":["Sign"],"Constraints":\#(constraints)}"#
        #expect(refusal(CreateGrantRequest.self, body)?.code == "SerializationException")
    }

    @Test func `ListGrants and its filters`() throws {
        let request = try decode(
            ListGrantsRequest.self,
            #"{"KeyId":"k","GrantId":"g","GranteePrincipal":"\#(alice)","Limit":100,"Marker":"m"}"#)
        #expect(request.keyID == "k" && request.filter.id == "g" && request.filter.grantee == .principal(alice))
        #expect(request.page.limit == 100 && request.page.marker == "m")
        #expect(try decode(ListGrantsRequest.self, #"{"KeyId":"k"}"#).filter.grantee == nil)
        let error = try #require(refusal(ListGrantsRequest.self, #"{"KeyId":"k","Limit":101}"#))
        #expect(error.message?.hasSuffix("Member must have value less than or equal to 100") == true)
        let both = #"{"KeyId":"k","GranteePrincipal":"a","GranteeServicePrincipal":"a.b.c"}"#
        #expect(refusal(ListGrantsRequest.self, both)?.code == "ValidationException")
    }

    @Test func `ListRetirableGrants names one principal`() throws {
        #expect(
            try decode(ListRetirableGrantsRequest.self, #"{"RetiringPrincipal":"\#(alice)"}"#).retiring
                == .principal(alice))
        #expect(
            try decode(ListRetirableGrantsRequest.self, #"{"RetiringServicePrincipal":"a.b.c","Limit":1}"#).retiring
                == .service("a.b.c"))
        for body in ["{}", #"{"RetiringPrincipal":"a","RetiringServicePrincipal":"a.b.c"}"#] {
            #expect(refusal(ListRetirableGrantsRequest.self, body)?.code == "ValidationException")
        }
    }

    @Test func `RetireGrant names a grant in one of two ways`() throws {
        let byToken = try decode(RetireGrantRequest.self, #"{"GrantToken":"\#(grantToken)","DryRun":true}"#)
        guard case .token(let token) = byToken.grant else { throw WireError.validation("no token") }
        #expect(token.grantID == grantID && token.key == keyAddress && byToken.isDryRun)
        let byID = try decode(RetireGrantRequest.self, #"{"KeyId":"k","GrantId":"g"}"#)
        guard case .id("g", key: "k") = byID.grant else { throw WireError.validation("no id") }
        for body in [
            "{}", #"{"KeyId":"k"}"#, #"{"GrantId":"g"}"#, #"{"GrantToken":"\#(grantToken)","KeyId":"k"}"#,
            #"{"GrantToken":"\#(grantToken)","KeyId":"k","GrantId":"g"}"#,
        ] {
            #expect(refusal(RetireGrantRequest.self, body)?.code == "ValidationException", "\(body)")
        }
    }

    @Test func `RevokeGrant`() throws {
        let request = try decode(RevokeGrantRequest.self, #"{"KeyId":"k","GrantId":"g"}"#)
        #expect(request.keyID == "k" && request.grantID == "g" && !request.isDryRun)
        #expect(refusal(RevokeGrantRequest.self, #"{"KeyId":"k"}"#)?.code == "ValidationException")
    }
}

@Suite struct `Grant tokens on the wire` {
    private static let withTokens: [(OperationName, String)] = [
        (.createGrant, #""KeyId":"k","GranteePrincipal":"a","Operations":["Sign"]"#),
        (.decrypt, #""CiphertextBlob":"AA==""#),
        (.deriveSharedSecret, #""KeyId":"k","KeyAgreementAlgorithm":"ECDH","PublicKey":"AA==""#),
        (.describeKey, #""KeyId":"k""#),
        (.encrypt, #""KeyId":"k","Plaintext":"AA==""#),
        (.generateDataKey, #""KeyId":"k","KeySpec":"AES_256""#),
        (.generateDataKeyPair, #""KeyId":"k","KeyPairSpec":"RSA_2048""#),
        (.generateDataKeyPairWithoutPlaintext, #""KeyId":"k","KeyPairSpec":"RSA_2048""#),
        (.generateDataKeyWithoutPlaintext, #""KeyId":"k","KeySpec":"AES_256""#),
        (.generateMAC, #""KeyId":"k","Message":"AA==","MacAlgorithm":"HMAC_SHA_256""#),
        (.getPublicKey, #""KeyId":"k""#),
        (.reEncrypt, #""DestinationKeyId":"k","CiphertextBlob":"AA==""#),
        (.sign, #""KeyId":"k","Message":"AA==","SigningAlgorithm":"ECDSA_SHA_256""#),
        (.verify, #""KeyId":"k","Message":"AA==","Signature":"AA==","SigningAlgorithm":"ECDSA_SHA_256""#),
        (.verifyMAC, #""KeyId":"k","Message":"AA==","Mac":"AA==","MacAlgorithm":"HMAC_SHA_256""#),
    ]

    private func answer(to operation: OperationName, _ members: String) -> WireError? {
        do {
            try RequestDecoder.decode(target: operation.target, body: Array("{\(members)}".utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: withTokens)
    func `every operation that has them reads them`(operation: OperationName, members: String) {
        #expect(answer(to: operation, #"\#(members),"GrantTokens":["\#(grantToken)"]"#) == nil)
        let garbled = answer(to: operation, #"\#(members),"GrantTokens":["\#(grantToken)","garbled"]"#)
        #expect(garbled?.code == "InvalidGrantTokenException" && garbled?.status == 400)
    }

    @Test(arguments: [
        "garbled", "AQ==", grantToken + "A", String(grantToken.dropLast(4)), String(grantToken.dropFirst(4)),
        "Ag" + grantToken.dropFirst(2), " " + grantToken, String(repeating: "A", count: 8192),
    ])
    func `what is no token is refused as one`(text: String) throws {
        let error = try #require(refusal(RetireGrantRequest.self, #"{"GrantToken":"\#(text)"}"#))
        #expect(error.code == "InvalidGrantTokenException")
        #expect(error.message?.contains(text) == false, "it is not repeated")
    }

    @Test func `a token that was changed anywhere is garbled`() throws {
        let bytes = GrantToken(grantID: grantID, key: keyAddress).encoded
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(GrantToken(decoding: changed) == nil, "byte \(index)")
        }
        #expect(GrantToken(decoding: bytes)?.key == keyAddress)
    }

    @Test func `what breaks a constraint is told first`() throws {
        let error = refusal(DescribeKeyRequest.self, #"{"KeyId":"","GrantTokens":["garbled"]}"#)
        #expect(error?.code == "ValidationException")
    }

    @Test func `no record has them`() throws {
        var recorded: [AuditValue] = []
        for body in [
            #"{"KeyId":"k","GrantTokens":["\#(grantToken)"]}"#, #"{"KeyId":"k","GrantTokens":["garbled"]}"#,
        ] {
            _ = try? DescribeKeyRequest.decode(Array(body.utf8)) { recorded.append($0) }
        }
        _ = try RetireGrantRequest.decode(Array(#"{"GrantToken":"\#(grantToken)"}"#.utf8)) { recorded.append($0) }
        #expect(
            recorded == [.object(("keyId", .string("k"))), .object(("keyId", .string("k"))), .object([])],
            "but what else a refused request says is recorded")
    }

    @Test func `what CreateGrant is asked for is recorded`() throws {
        let body = """
            {"KeyId":"k","GranteePrincipal":"\(alice)","Operations":["Decrypt"],
             "Constraints":{"EncryptionContextSubset":{"a":"b"}},"GrantTokens":["\(grantToken)"]}
            """
        var recorded: AuditValue?
        _ = try CreateGrantRequest.decode(Array(body.utf8)) { recorded = $0 }
        #expect(
            recorded
                == .object(
                    ("keyId", .string("k")), ("granteePrincipal", .string(alice)),
                    ("operations", .strings(["Decrypt"])),
                    ("constraints", .object(("encryptionContextSubset", .pairs(["a": "b"]))))))
    }
}

@Suite struct `Answers about grants are spelt as AWS spells them` {
    private func grant(
        isForService: Bool = false, constraint: Grant.Constraint? = nil, sourceARN: String? = nil
    ) -> Grant {
        Grant(
            id: grantID, key: keyAddress, name: isForService ? "" : "name", creationDate: Timestamp(milliseconds: 1500),
            granteePrincipal: isForService ? "ec2.amazonaws.com" : alice, isForService: isForService,
            retiringPrincipal: isForService ? "rds.amazonaws.com" : nil, retiringPrincipalIsService: isForService,
            issuingAccount: "arn:aws:iam::111122223333:root", operations: ["Sign", "DescribeKey"],
            constraint: constraint, sourceARN: sourceARN)
    }

    private var common: [String: JSONValue] {
        [
            "KeyId": .string(keyAddress.arn), "GrantId": .string(grantID), "CreationDate": 1.5,
            "IssuingAccount": "arn:aws:iam::111122223333:root", "Operations": .array(["DescribeKey", "Sign"]),
        ]
    }

    private func listed(_ grant: Grant) throws -> JSONValue? {
        let response = try json(ListResponse(grants: Page(items: [grant], nextMarker: "m")))
        #expect(response["NextMarker"] == "m" && response["Truncated"] == true)
        guard case .array(let grants) = response["Grants"] else { return nil }
        return grants.first
    }

    @Test func `GrantListEntry`() throws {
        let own: [String: JSONValue] = [
            "Name": "name", "GranteePrincipal": .string(alice),
            "Constraints": .object(["EncryptionContextEquals": .object(["a": "b"])]),
        ]
        #expect(
            try listed(grant(constraint: .encryptionContextEquals(["a": "b"])))
                == .object(common.merging(own) { $1 }))
        let plain: [String: JSONValue] = ["Name": "name", "GranteePrincipal": .string(alice)]
        #expect(try listed(grant()) == .object(common.merging(plain) { $1 }))
    }

    @Test func `GrantListEntry of a grant for a service`() throws {
        let sourceARN = "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1"
        let own: [String: JSONValue] = [
            "Name": "", "GranteeServicePrincipal": "ec2.amazonaws.com",
            "RetiringServicePrincipal": "rds.amazonaws.com",
            "Constraints": .object([
                "EncryptionContextSubset": .object(["a": "b"]), "SourceArn": .string(sourceARN),
            ]),
        ]
        #expect(
            try listed(
                grant(isForService: true, constraint: .encryptionContextSubset(["a": "b"]), sourceARN: sourceARN))
                == .object(common.merging(own) { $1 }))
    }

    @Test func `CreateGrant's answer has a token that reads back`() throws {
        let token = GrantToken(grantID: grantID, key: keyAddress)
        let response = try json(CreateGrantResponse(CreatedGrant(id: grantID, token: token)))
        #expect(response["GrantId"] == .string(grantID) && response.count == 2)
        guard case .string(let text) = response["GrantToken"], let bytes = Data(base64Encoded: text) else {
            throw WireError.validation("no token")
        }
        #expect(GrantToken(decoding: Array(bytes)) == token)
    }
}
