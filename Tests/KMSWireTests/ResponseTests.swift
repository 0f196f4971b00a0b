import FoundationEssentials
import SecureMemory
import Testing

@testable import KMSCore
@testable import KMSWire

@Suite struct `Responses are spelt as AWS spells them` {
    private let scope: Scope
    private let key: Key

    init() throws {
        scope = Scope(account: try #require(AccountID("111122223333")), region: try #require(Region("eu-central-1")))
        let reference = MaterialReference(object: .random(), checkValue: [1])
        key = Key(
            address: KeyAddress(scope: scope, id: try #require(KeyID(keyID))), spec: .symmetricDefault,
            usage: .encryptDecrypt, origin: .awsKMS, lifecycle: .pendingDeletion, description: "a/b", policy: "{}",
            tags: [:], creationDate: Timestamp(milliseconds: 1_700_000_000_123),
            deletionDate: Timestamp(seconds: 1_700_604_800),
            materials: [
                KeyMaterial(
                    number: 1, id: Array(repeating: 0xab, count: 32), reference: reference,
                    creationDate: Timestamp(seconds: 0), reservedEncryptions: 0
                )
            ],
            currentMaterial: 1
        )
    }

    private var arn: String { "arn:aws:kms:eu-central-1:111122223333:key/\(keyID)" }

    @Test func `KeyMetadata`() throws {
        let response = try json(KeyMetadataResponse(KeyDescription(key: key, state: .pendingDeletion)))
        #expect(
            response == [
                "KeyMetadata": .object([
                    "AWSAccountId": "111122223333", "KeyId": .string(keyID), "Arn": .string(arn),
                    "CreationDate": 1_700_000_000.123, "Enabled": false, "Description": "a/b",
                    "KeyUsage": "ENCRYPT_DECRYPT",
                    "KeyState": "PendingDeletion", "DeletionDate": 1_700_604_800.0, "Origin": "AWS_KMS",
                    "KeyManager": "CUSTOMER", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
                    "KeySpec": "SYMMETRIC_DEFAULT",
                    "EncryptionAlgorithms": .array(["SYMMETRIC_DEFAULT"]), "MultiRegion": false,
                    "CurrentKeyMaterialId": .string(String(repeating: "ab", count: 32)),
                ])
            ])
    }

    @Test func `a moment is a JSON number of seconds, and slashes stay what they are`() throws {
        let text = String(
            decoding: try KeyMetadataResponse(KeyDescription(key: key, state: .enabled)).encoded(), as: UTF8.self
        )
        #expect(text.contains(#""CreationDate":1700000000.123"#))
        #expect(text.contains(#""Description":"a/b""#))
        #expect(text.contains(#""Enabled":true"#))
    }

    @Test func `blobs are base64, secrets too`() throws {
        let secret = SecretBytes(copying: Array("hello".utf8))
        #expect(try json(GenerateRandomResponse(secret)) == ["Plaintext": "aGVsbG8="])
        #expect(String(decoding: try JSONEncoder().encode(Blob([0, 1, 2])), as: UTF8.self) == #""AAEC""#)
    }

    @Test func `operations without an output answer with no bytes`() {
        #expect(EmptyResponse().encoded().isEmpty)
    }

    @Test func `deletions`() throws {
        let response = ScheduleKeyDeletionResponse(
            KeyDescription(key: key, state: .pendingDeletion), pendingWindowInDays: 7
        )
        #expect(
            try json(response) == [
                "KeyId": .string(arn), "DeletionDate": 1_700_604_800.0, "KeyState": "PendingDeletion",
                "PendingWindowInDays": 7.0,
            ])
        #expect(try json(CancelKeyDeletionResponse(key.address)) == ["KeyId": .string(arn)])
    }

    @Test func `a policy has its name`() throws {
        #expect(try json(GetKeyPolicyResponse(policy: "{}", name: nil)) == ["Policy": "{}", "PolicyName": "default"])
    }
}
