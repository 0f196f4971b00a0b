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
