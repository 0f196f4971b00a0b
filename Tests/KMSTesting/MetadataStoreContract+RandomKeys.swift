package import KMSCore

/// Draws keys with any combination of fields, sensible or not: a store keeps what it is given. The same seed draws the
/// same keys, apart from ids.
package struct RandomKeys {
    package var generator: SplitMix64

    package init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    /// - Parameter references: what finds each material in the token, so also how many there are at most.
    package mutating func key(_ address: KeyAddress, _ references: [MaterialReference]) -> Key {
        let numbers = Set(references.map { _ in number() }).sorted()
        let tagNames = ["team", "a\u{0}", ""].filter { _ in Bool.random(using: &generator) }
        var key = Key(
            address: address, spec: spec(), usage: pick(KeyUsage.allCases), origin: pick(KeyOrigin.allCases),
            lifecycle: pick([
                .creating, .replicating, .enabled, .disabled, .pendingImport, .pendingDeletion, .pendingReplicaDeletion,
                .destroying,
            ]),
            description: text(), policy: text(),
            tags: Dictionary(uniqueKeysWithValues: tagNames.map { ($0, text()) }),
            creationDate: time(), deletionDate: maybe { $0.time() },
            materials: zip(numbers, references).map { material($0, $1) },
            currentMaterial: pick([0] + numbers),
            manager: pick([.customer, .aws]),
            rotation: KeyRotation(
                periodInDays: maybe { $0.pick([1, 90, 365, 2560]) }, nextDate: maybe { $0.time() },
                onDemandCount: pick([0, 1, 25, Int(Int32.max)])
            )
        )
        key.primaryRegion = pick([nil, address.scope.region, Scope.otherRegion.region])
        key.pendingWindowInDays = maybe { $0.pick([7, 30]) }
        let principals = ["arn:aws:iam::111122223333:user/alice", "a\u{0}"].filter { _ in
            Bool.random(using: &generator)
        }
        key.policyPrincipals = Dictionary(uniqueKeysWithValues: principals.map { ($0, text()) })
        key.exposure = maybe { generator in
            KeyExposure(
                name: .init(prefix: generator.pick(["a", "b/c"]), id: address.id.description),
                uses: generator.pick([[.encrypt, .decrypt], [.encrypt], [.decrypt], []]))
        }
        return key
    }

    package mutating func material(_ number: UInt32, _ reference: MaterialReference) -> KeyMaterial {
        KeyMaterial(
            number: number, id: bytes(32), reference: reference, creationDate: time(),
            reservedEncryptions: .random(in: 0...(1 << 33), using: &generator),
            stage: pick([.creating, .present, .destroying, .absent]),
            publicKey: pick([[], bytes(44), bytes(550)]), isPendingRotation: Bool.random(using: &generator),
            rotation: maybe { KeyMaterial.Rotation(date: $0.time(), kind: $0.pick([.automatic, .onDemand])) },
            imported: maybe {
                KeyMaterial.Import(
                    validTo: $0.maybe { $0.time() }, description: $0.text(), place: $0.pick([.token, .worker])
                )
            }
        )
    }

    package mutating func wrappingKey(_ reference: MaterialReference, for address: KeyAddress) -> WrappingKey {
        WrappingKey(
            reference: reference, publicKey: pick([[], bytes(294)]), key: address, spec: spec(), validTo: time()
        )
    }

    package mutating func lastUsage() -> KeyLastUsage {
        KeyLastUsage(operation: pick(["Encrypt", "GenerateMac", ""]), date: time(), requestID: text())
    }

    package mutating func time() -> Timestamp {
        Timestamp(milliseconds: pick([0, -1, .min, .max, .random(in: -1...(1 << 42), using: &generator)]))
    }

    package mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &generator)]
    }

    private mutating func number() -> UInt32 {
        pick([1, 2, 3, .max, .random(in: 1...(.max), using: &generator)])
    }

    private mutating func spec() -> KeySpec {
        pick([.symmetricDefault, .hmac512, .rsa4096, .p521, .edwards25519, KeySpec(rawValue: "A_LATER_ONE")])
    }

    mutating func text() -> String {
        pick(["", "payroll", "a\u{0}b", "'; DROP TABLE key; --", "e\u{301} \u{1F511}"])
    }

    private mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in .random(in: 0...255, using: &generator) }
    }

    mutating func maybe<Value>(_ draw: (inout RandomKeys) -> Value) -> Value? {
        Bool.random(using: &generator) ? draw(&self) : nil
    }
}
