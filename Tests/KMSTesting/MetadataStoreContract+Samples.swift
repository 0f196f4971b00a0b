package import KMSCore

// Values that use every field, for tests of what keeps or shows them.

extension Scope {
    package static let sample = Scope(account: AccountID("111122223333")!, region: Region("eu-central-1")!)
    package static let otherRegion = Scope(account: AccountID("111122223333")!, region: Region("us-east-1")!)
}

extension KeyMaterial {
    package static func sample(_ number: UInt32 = 1, reserved: UInt64 = 0) -> KeyMaterial {
        KeyMaterial(
            number: number, id: (0..<32).map { _ in .random(in: 0...255) },
            reference: MaterialReference(object: .random(), checkValue: [1, 2, 3]),
            creationDate: Timestamp(milliseconds: 1_767_225_600_123), reservedEncryptions: reserved
        )
    }
}

extension Key {
    /// A key with one material, which is current.
    package static func sample(in scope: Scope = .sample, reserved: UInt64 = 0) -> Key {
        Key(
            address: KeyAddress(scope: scope, id: .random()), spec: .symmetricDefault, usage: .encryptDecrypt,
            origin: .awsKMS, lifecycle: .enabled, description: "payroll", policy: #"{"Version":"2012-10-17"}"#,
            tags: ["team": "blue", "empty": ""], creationDate: Timestamp(milliseconds: 1_767_225_600_456),
            materials: [.sample(reserved: reserved)], currentMaterial: 1
        )
    }
}

extension Alias {
    package static func sample(_ name: String = "alias/payroll", of key: Key) -> Alias {
        Alias(
            scope: key.address.scope, name: name, target: key.address.id,
            creationDate: Timestamp(milliseconds: 1_767_225_600_001),
            lastUpdatedDate: Timestamp(milliseconds: 1_767_225_600_002)
        )
    }
}

extension AccessKey {
    package static func sample(_ id: String = "AKIAIOSFODNN7EXAMPLE") -> AccessKey {
        AccessKey(
            id: id,
            principal: Principal(account: Scope.sample.account, arn: "arn:aws:iam::111122223333:user/alice"),
            sealedSecret: SealedBytes((0..<68).map { _ in .random(in: 0...255) })!, isActive: true,
            creationDate: Timestamp(milliseconds: 1_767_225_600_003)
        )
    }
}

extension WrappingKey {
    package static func sample(
        for key: KeyAddress, _ reference: MaterialReference? = nil, publicKey: [UInt8] = [0x30, 0x82, 0x01, 0x22]
    ) -> WrappingKey {
        WrappingKey(
            reference: reference ?? MaterialReference(object: .random(), checkValue: [1, 2, 3]), publicKey: publicKey,
            key: key, spec: .rsa3072, validTo: Timestamp(milliseconds: 1_767_312_000_004)
        )
    }
}

extension KeyLastUsage {
    package static func sample(_ operation: String = "Encrypt") -> KeyLastUsage {
        KeyLastUsage(
            operation: operation, date: Timestamp(milliseconds: 1_767_225_600_005),
            requestID: "4f2b7a10-6c1d-4e8e-9d5a-0123456789ab"
        )
    }
}

extension XKSStore {
    package static func sample(_ prefix: String = "acme/payments", in scope: Scope = .sample) -> XKSStore {
        XKSStore(prefix: prefix, scope: scope, creationDate: Timestamp(milliseconds: 1_767_225_600_006))
    }
}

extension XKSCredential {
    package static func sample(_ id: String = "BETWEEN2TENAND3THIRTY7CHARS", of prefix: String) -> XKSCredential {
        XKSCredential(
            id: id, prefix: prefix, sealedSecret: SealedBytes((0..<71).map { _ in .random(in: 0...255) })!,
            creationDate: Timestamp(milliseconds: 1_767_225_600_007))
    }
}
