import KMSPolicy
import KMSTesting
import Testing

@testable import KMSCore

/// "From a grant only narrower", and who may make grants at all.
@Suite struct `Grants that are made by grants` {
    let scene = GrantScene()

    /// Bob has a grant to make grants with; what he asks for then.
    private func child(
        of parent: NewGrant, _ request: NewGrant, by actor: Actor = .bob
    ) async throws -> CreatedGrant {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        try await store.grant(parent, on: key)
        return try await store.grant(request, on: key, by: actor)
    }

    private static let all: Set = ["CreateGrant", "Decrypt", "Encrypt"]
    private static let equals = Grant.Constraint.encryptionContextEquals(["a": "1", "b": "2"])
    private static let subset = Grant.Constraint.encryptionContextSubset(["a": "1"])

    @Test(arguments: [["Decrypt"], ["Encrypt", "Decrypt"], ["CreateGrant", "Decrypt", "Encrypt"]])
    func `have its operations or fewer`(operations: Set<String>) async throws {
        _ = try await child(of: .to(.bob, Self.all), .to(.carol, operations))
    }

    @Test(arguments: [["Decrypt", "DescribeKey"], ["GenerateDataKey"], ["RetireGrant", "Decrypt"]])
    func `have no other operations`(operations: Set<String>) async throws {
        await expect(.accessDenied) { _ = try await child(of: .to(.bob, Self.all), .to(.carol, operations)) }
    }

    @Test(
        arguments: [
            (nil, nil), (nil, subset), (nil, equals), (subset, subset),
            (subset, .encryptionContextSubset(["a": "1", "c": "3"])), (subset, .encryptionContextEquals(["a": "1"])),
            (subset, equals), (equals, equals),
        ] as [(Grant.Constraint?, Grant.Constraint?)])
    func `have its constraint or a stricter one`(of parent: Grant.Constraint?, own: Grant.Constraint?) async throws {
        _ = try await child(of: .to(.bob, Self.all, parent), .to(.carol, ["Decrypt"], own))
    }

    @Test(
        arguments: [
            (subset, nil), (equals, nil), (subset, .encryptionContextSubset(["c": "3"])),
            (subset, .encryptionContextEquals(["a": "2"])), (subset, .encryptionContextSubset(["A": "1"])),
            (equals, .encryptionContextSubset(["a": "1", "b": "2"])), (equals, subset),
            (equals, .encryptionContextEquals(["a": "1"])),
            (equals, .encryptionContextEquals(["a": "1", "b": "2", "c": "3"])),
            (.encryptionContextSubset(["a": "e\u{301}"]), .encryptionContextSubset(["a": "\u{e9}"])),
        ] as [(Grant.Constraint?, Grant.Constraint?)])
    func `have no laxer constraint`(than parent: Grant.Constraint?, own: Grant.Constraint?) async throws {
        await expect(.accessDenied) {
            _ = try await child(of: .to(.bob, Self.all, parent), .to(.carol, ["Decrypt"], own))
        }
    }

    @Test func `need no more than one grant that is wide enough`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        try await store.grant(.to(.bob, ["CreateGrant", "Decrypt"], Self.subset), on: key)
        try await store.grant(.to(.bob, ["CreateGrant", "Encrypt"]), on: key)
        try await store.grant(.to(.carol, ["Encrypt"]), on: key, by: .bob)
        try await store.grant(.to(.carol, ["Decrypt"], Self.subset), on: key, by: .bob)
        // Neither alone gives both, and without a constraint there is no decrypting.
        for request in [NewGrant.to(.carol, ["Encrypt", "Decrypt"], Self.subset), .to(.carol, ["Decrypt"])] {
            await expect(.accessDenied) { try await store.grant(request, on: key, by: .bob) }
        }
    }

    @Test func `end their own chain where CreateGrant is not passed on`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        try await store.grant(.to(.bob, Self.all), on: key)
        try await store.grant(.to(.carol, ["CreateGrant", "Decrypt"]), on: key, by: .bob)
        try await store.grant(.to(.mallory, ["Decrypt"]), on: key, by: .carol)
        await expect(.accessDenied) { try await store.grant(.to(.mallory, ["Encrypt"]), on: key, by: .carol) }
        await expect(.accessDenied) { try await store.grant(.to(.bob, ["Decrypt"]), on: key, by: .mallory) }
        let issuers = try store.grants(on: key).items.map(\.issuingAccount)
        #expect(Set(issuers) == [Actor.own.rootARN])
    }

    @Test func `are not limited for those whom policies let make them`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        try await store.grant(.to(.alice, ["CreateGrant", "Decrypt"], Self.subset), on: key)
        try await store.grant(.to(.carol, ["Encrypt"]), on: key, by: .alice)
    }

    // MARK: Conditions

    @Test(arguments: [
        #"{"ForAllValues:StringEquals":{"kms:GrantOperations":["Decrypt","DescribeKey"]}}"#,
        #"{"StringEquals":{"kms:GranteePrincipal":"arn:aws:iam::111122223333:user/carol"}}"#,
        #"{"StringEquals":{"kms:RetiringPrincipal":"arn:aws:iam::111122223333:user/bob"}}"#,
        #"{"StringEquals":{"kms:GrantConstraintType":"EncryptionContextSubset"}}"#,
        #"{"StringEquals":{"kms:EncryptionContext:tenant":"a"}}"#,
        #"{"ForAnyValue:StringEquals":{"kms:EncryptionContextKeys":"tenant"}}"#,
        #"{"Bool":{"kms:GrantIsForAWSResource":"false"}}"#,
        #"{"Null":{"kms:GrantConstraintSourceArn":"true","kms:GranteeServicePrincipal":"true"}}"#,
    ])
    func `can be limited by what they are`(condition: String) async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let bob = Actor.bob.having(.allow("kms:CreateGrant", condition))
        let fitting = NewGrant.to(.carol, ["Decrypt", "DescribeKey"], .encryptionContextSubset(["tenant": "a"])) {
            $0.retiring = .principal(Actor.bob.arn)
        }
        try await store.grant(fitting, on: key, by: bob)
        var service = NewGrant(to: .service("ec2.amazonaws.com"), ["Encrypt"])
        service.constraint = .encryptionContextEquals(["other": "a"])
        service.retiring = .service("ec2.amazonaws.com")
        service.sourceARN = "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1"
        await expect(.accessDenied) { try await store.grant(service, on: key, by: bob.via("ec2.amazonaws.com")) }
    }

    @Test(arguments: [
        #"{"StringEquals":{"kms:GranteeServicePrincipal":"ec2.amazonaws.com"}}"#,
        #"{"StringEquals":{"kms:RetiringServicePrincipal":"ec2.amazonaws.com"}}"#,
        #"{"ArnLike":{"kms:GrantConstraintSourceArn":"arn:aws:ec2:*:111122223333:volume/*"}}"#,
        #"{"Bool":{"kms:GrantIsForAWSResource":"true"}}"#,
        #"{"StringEquals":{"kms:ViaService":"ec2.eu-central-1.amazonaws.com"}}"#,
    ])
    func `for services can be limited to them`(condition: String) async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let bob = Actor.bob.having(.allow("kms:CreateGrant", condition))
        var request = NewGrant(to: .service("ec2.amazonaws.com"), ["Decrypt"])
        request.retiring = .service("ec2.amazonaws.com")
        request.sourceARN = "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1"
        try await store.grant(request, on: key, by: bob.via("ec2.amazonaws.com"))
        await expect(.accessDenied) { try await store.grant(.to(.carol, ["Decrypt"]), on: key, by: bob) }
    }

    // MARK: Services

    @Test func `for services need a source and somebody who retires them`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        var request = NewGrant(to: .service("ec2.amazonaws.com"), ["Decrypt"])
        await expect(.validation) { try await store.grant(request, on: key) }
        request.sourceARN = "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1"
        await expect(.validation) { try await store.grant(request, on: key) }
        request.retiring = .principal(Actor.alice.arn)
        try await store.grant(request, on: key)
    }

    /// As EBS does when a user attaches an encrypted volume.
    @Test func `let a service work for a volume that a user attached`() async throws {
        let store = try await scene.start()
        let key = try await store.newKey(by: Actor.alice.call)
        let volume = "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1"
        let context = ["aws:ebs:id": "vol-1"]
        let ciphertext = try await store.seal(key, in: context, by: .alice)
        let bob = Actor.bob.having(
            .allow("kms:CreateGrant", #"{"Bool":{"kms:GrantIsForAWSResource":"true"}}"#))
        var request = NewGrant(to: .service("ec2.amazonaws.com"), ["Decrypt", "CreateGrant"])
        request.constraint = .encryptionContextEquals(context)
        request.sourceARN = volume
        request.retiring = .service("ec2.amazonaws.com")
        await expect(.accessDenied) { try await store.grant(request, on: key, by: bob) }
        let made = try await store.grant(request, on: key, by: bob.via("ec2.amazonaws.com"))

        let service = Actor.service("ec2.amazonaws.com")
        #expect(try await store.open(ciphertext, in: context, by: service.for(volume)) == "text")
        await expect(.accessDenied) { _ = try await store.open(ciphertext, in: context, by: service) }
        await expect(.accessDenied) {
            _ = try await store.open(ciphertext, in: context, by: service.for(volume.replacing("vol-1", with: "vol-2")))
        }
        await expect(.accessDenied) { _ = try await store.open(ciphertext, in: context, by: .bob) }

        // The service passes on what it has for the same volume only.
        var child = request
        child.sourceARN = volume.replacing("vol-1", with: "vol-2")
        await expect(.accessDenied) { try await store.grant(child, on: key, by: service.for(volume)) }
        try await store.grant(request, on: key, by: service.for(volume))

        try await store.retireGrant(.token(made.token), by: service.call)
        #expect(try store.grants(on: key).items.count == 1)
    }
}
