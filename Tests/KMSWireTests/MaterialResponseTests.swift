import SecureMemory
import Testing

@testable import KMSCore
@testable import KMSWire

@Suite struct `Responses about key material` {
    private let scope: Scope
    private let date = Timestamp(milliseconds: 1_700_000_000_500)
    private var arn: String { "arn:aws:kms:eu-central-1:111122223333:key/\(keyID)" }

    init() throws {
        scope = Scope(account: try #require(AccountID("111122223333")), region: try #require(Region("eu-central-1")))
    }

    private func material(_ number: UInt32, validTo: Timestamp? = nil, isImported: Bool = true) -> KeyMaterial {
        KeyMaterial(
            number: number, id: Array(repeating: UInt8(number), count: 32),
            reference: MaterialReference(object: .random(), checkValue: [1]), creationDate: date,
            reservedEncryptions: 0,
            imported: isImported ? KeyMaterial.Import(validTo: validTo, description: "", place: .token) : nil
        )
    }

    private func key(
        _ spec: KeySpec, _ usage: KeyUsage, _ origin: KeyOrigin, _ materials: [KeyMaterial],
        manager: KeyManager = .customer
    ) throws -> Key {
        Key(
            address: KeyAddress(scope: scope, id: try #require(KeyID(keyID))), spec: spec, usage: usage, origin: origin,
            lifecycle: .enabled, description: "", policy: "{}", tags: [:], creationDate: date, materials: materials,
            currentMaterial: 1, manager: manager
        )
    }

    /// The members of a key's metadata that are not always the same.
    private func metadata(_ key: Key, _ state: KeyState = .enabled) throws -> [String: JSONValue] {
        let response = try json(KeyMetadataResponse(KeyDescription(key: key, state: state)))
        guard case .object(var members) = response["KeyMetadata"] else { return [:] }
        for name in [
            "AWSAccountId", "KeyId", "Arn", "CreationDate", "Enabled", "Description", "KeyUsage", "KeyState",
            "MultiRegion",
        ] { members[name] = nil }
        return members
    }

    @Test func `an asymmetric key names the algorithms of its usage, and no material`() throws {
        #expect(
            try metadata(key(.p384, .signVerify, .awsKMS, [material(1, isImported: false)])) == [
                "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "KeySpec": "ECC_NIST_P384",
                "CustomerMasterKeySpec": "ECC_NIST_P384", "SigningAlgorithms": .array(["ECDSA_SHA_384"]),
            ])
        #expect(
            try metadata(key(.p384, .keyAgreement, .awsKMS, [material(1, isImported: false)]))["KeyAgreementAlgorithms"]
                == .array(["ECDH"]))
        #expect(
            try metadata(key(.rsa2048, .encryptDecrypt, .awsKMS, [material(1, isImported: false)])) == [
                "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "KeySpec": "RSA_2048",
                "CustomerMasterKeySpec": "RSA_2048",
                "EncryptionAlgorithms": .array(["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]),
            ])
    }

    @Test func `specs that are younger than CustomerMasterKeySpec have none`() throws {
        let members = try metadata(key(.edwards25519, .signVerify, .awsKMS, [material(1, isImported: false)]))
        #expect(members["CustomerMasterKeySpec"] == nil && members["KeySpec"] == "ECC_NIST_EDWARDS25519")
        #expect(members["SigningAlgorithms"] == .array(["ED25519_SHA_512"]))
    }

    @Test func `a MAC key`() throws {
        let members = try metadata(key(.hmac256, .generateVerifyMAC, .awsKMS, [material(1, isImported: false)]))
        #expect(members["MacAlgorithms"] == .array(["HMAC_SHA_256"]) && members["CurrentKeyMaterialId"] == nil)
    }

    @Test func `an AWS managed key says whose it is`() throws {
        let key = try key(
            .symmetricDefault, .encryptDecrypt, .awsKMS, [material(1, isImported: false)], manager: .aws)
        #expect(try metadata(key)["KeyManager"] == "AWS")
    }

    @Test func `imported material shows when the first of it expires`() throws {
        let later = Timestamp(seconds: 1_800_000_000), sooner = Timestamp(seconds: 1_750_000_000)
        var key = try key(
            .symmetricDefault, .encryptDecrypt, .external,
            [material(1, validTo: later), material(2), material(3, validTo: sooner)])
        #expect(
            try metadata(key) == [
                "Origin": "EXTERNAL", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT",
                "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "EncryptionAlgorithms": .array(["SYMMETRIC_DEFAULT"]),
                "ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": 1_750_000_000.0,
                "CurrentKeyMaterialId": .string(String(repeating: "01", count: 32)),
            ])
        // What waits for a rotation does not belong to the key for good yet.
        key.materials[2].isPendingRotation = true
        #expect(try metadata(key)["ValidTo"] == 1_800_000_000.0)
        #expect(try metadata(key, .pendingImport)["ExpirationModel"] == nil)
    }

    @Test func `material that does not expire, and material that never was`() throws {
        let imported = try metadata(key(.symmetricDefault, .encryptDecrypt, .external, [material(1)]))
        #expect(imported["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE" && imported["ValidTo"] == nil)
        var waiting = material(1, isImported: false)
        waiting.stage = .absent
        waiting.reference = MaterialReference(object: .random(), checkValue: [])
        let members = try metadata(key(.symmetricDefault, .encryptDecrypt, .external, [waiting]), .pendingImport)
        #expect(members["ExpirationModel"] == nil && members["CurrentKeyMaterialId"] == nil)
    }

    @Test func `import parameters and changes of material`() throws {
        let parameters = ImportParameters(keyARN: arn, importToken: [0], publicKey: [1], validTo: date)
        #expect(
            try json(GetParametersForImportResponse(parameters)) == [
                "KeyId": .string(arn), "ImportToken": "AA==", "PublicKey": "AQ==", "ParametersValidTo": 1_700_000_000.5,
            ])
        #expect(
            try json(MaterialChangeResponse(MaterialChange(keyARN: arn, keyMaterialID: "ab")))
                == ["KeyId": .string(arn), "KeyMaterialId": "ab"])
        #expect(
            try json(MaterialChangeResponse(MaterialChange(keyARN: arn, keyMaterialID: nil)))
                == ["KeyId": .string(arn)])
    }

    @Test func `a rotation schedule`() throws {
        let rotation = KeyRotation(periodInDays: 90, nextDate: date)
        #expect(
            try json(
                GetKeyRotationStatusResponse(
                    KeyRotationStatus(keyARN: arn, rotation: rotation, onDemandRotationStartDate: date))) == [
                    "KeyId": .string(arn), "KeyRotationEnabled": true, "RotationPeriodInDays": 90.0,
                    "NextRotationDate": 1_700_000_000.5, "OnDemandRotationStartDate": 1_700_000_000.5,
                ])
        #expect(
            try json(
                GetKeyRotationStatusResponse(
                    KeyRotationStatus(keyARN: arn, rotation: KeyRotation(), onDemandRotationStartDate: nil)))
                == ["KeyId": .string(arn), "KeyRotationEnabled": false])
        #expect(try json(RotateKeyOnDemandResponse(keyARN: arn)) == ["KeyId": .string(arn)])
    }

    @Test func `a list of rotations`() throws {
        var first = material(1, validTo: date)
        first.imported?.description = "from the vault"
        var second = material(2, isImported: false)
        second.rotation = KeyMaterial.Rotation(date: date, kind: .automatic)
        let page = Page(
            items: [
                ListedRotation(keyARN: arn, material: first, state: "NON_CURRENT", importState: "IMPORTED"),
                ListedRotation(keyARN: arn, material: second, state: "CURRENT", importState: nil),
            ], nextMarker: "m")
        #expect(
            try json(ListResponse(rotations: page)) == [
                "Rotations": .array([
                    .object([
                        "KeyId": .string(arn), "KeyMaterialId": .string(String(repeating: "01", count: 32)),
                        "KeyMaterialDescription": "from the vault", "ImportState": "IMPORTED",
                        "KeyMaterialState": "NON_CURRENT", "ExpirationModel": "KEY_MATERIAL_EXPIRES",
                        "ValidTo": 1_700_000_000.5,
                    ]),
                    .object([
                        "KeyId": .string(arn), "KeyMaterialId": .string(String(repeating: "02", count: 32)),
                        "KeyMaterialState": "CURRENT", "RotationDate": 1_700_000_000.5, "RotationType": "AUTOMATIC",
                    ]),
                ]),
                "NextMarker": "m", "Truncated": true,
            ])
    }

    @Test func `a last usage, and none`() throws {
        func report(_ usage: KeyLastUsage?) throws -> [String: JSONValue] {
            try json(
                GetKeyLastUsageResponse(
                    KeyLastUsageReport(keyARN: arn, lastUsage: usage, trackingStartDate: date, keyCreationDate: date)))
        }
        let used = try report(KeyLastUsage(operation: "Encrypt", date: date, requestID: "r"))
        #expect(
            used == [
                "KeyId": .string(arn), "TrackingStartDate": 1_700_000_000.5, "KeyCreationDate": 1_700_000_000.5,
                "KeyLastUsage": .object([
                    "Operation": "Encrypt", "Timestamp": 1_700_000_000.5, "KmsRequestId": "r",
                ]),
            ])
        #expect(try report(nil)["KeyLastUsage"] == .object([:]))
    }

    @Test func `signatures, MACs, secrets and public keys`() throws {
        #expect(
            try json(SignResponse(SignResult(signature: [1], keyARN: arn, algorithm: "ECDSA_SHA_256")))
                == ["KeyId": .string(arn), "Signature": "AQ==", "SigningAlgorithm": "ECDSA_SHA_256"])
        #expect(
            try json(VerifyResponse(keyARN: arn, algorithm: "ECDSA_SHA_256"))
                == ["KeyId": .string(arn), "SignatureValid": true, "SigningAlgorithm": "ECDSA_SHA_256"])
        #expect(
            try json(GenerateMACResponse(MACResult(mac: [1], keyARN: arn, algorithm: "HMAC_SHA_256")))
                == ["KeyId": .string(arn), "Mac": "AQ==", "MacAlgorithm": "HMAC_SHA_256"])
        #expect(
            try json(VerifyMACResponse(keyARN: arn, algorithm: "HMAC_SHA_256"))
                == ["KeyId": .string(arn), "MacValid": true, "MacAlgorithm": "HMAC_SHA_256"])
        let secret = SharedSecretResult(
            secret: SecretBytes(copying: [1]), keyARN: arn, algorithm: "ECDH", origin: .external)
        #expect(
            try json(DeriveSharedSecretResponse(secret)) == [
                "KeyId": .string(arn), "SharedSecret": "AQ==", "KeyAgreementAlgorithm": "ECDH", "KeyOrigin": "EXTERNAL",
            ])
        let key = try key(.p256, .keyAgreement, .awsKMS, [material(1, isImported: false)])
        let algorithm = try #require(AlgorithmTable.entry(for: .p256))
        #expect(
            try json(
                GetPublicKeyResponse(PublicKeyDescription(key: key, publicKey: [1], algorithm: algorithm))) == [
                    "KeyId": .string(arn), "PublicKey": "AQ==", "KeyUsage": "KEY_AGREEMENT", "KeySpec": "ECC_NIST_P256",
                    "CustomerMasterKeySpec": "ECC_NIST_P256", "KeyAgreementAlgorithms": .array(["ECDH"]),
                ])
    }
}
