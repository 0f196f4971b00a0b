import KMSCore
import KMSPolicy
import KMSTesting
import Testing

@Suite struct `A new key policy` {
    let rig = Rig()

    /// Knows one user, of whom a test can say that he is gone, or another of the same name.
    private final class Directory: PrincipalDirectory {
        let uniqueID: String?

        init(uniqueID: String?) { self.uniqueID = uniqueID }

        func look(up principal: String) -> PrincipalLookup {
            switch principal {
            case "111122223333", Scope.sample.account.rootARN: .account
            case Self.carol: uniqueID.map { .identity(uniqueID: $0) } ?? .unknown
            default: .unknown
            }
        }

        static let carol = "arn:aws:iam::111122223333:user/carol"
    }

    private func store(carolIs uniqueID: String?) async throws -> KeyStore {
        let store = KeyStore(
            backend: rig.backend, metadata: rig.metadata, clock: rig.clock, events: rig.events,
            principals: Directory(uniqueID: uniqueID))
        try await store.start(reading: rig.metadata)
        return store
    }

    private static func policy(for principal: String, _ action: String = "kms:*") -> String {
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"\#(principal)"},"#
            + #""Action":"\#(action)","Resource":"*"}}"#
    }

    @Test(arguments: [
        ("x", "line 1, column 1"), ("[]", "line 1"), ("{}", "Statement"), (#"{"Statement":[]}"#, "Statement"),
        (#"{"Statement":{"Effect":"Permit","Principal":"*"}}"#, "Effect"),
        (#"{"Version":"2012-10-17","Version":"2012-10-17"}"#, "twice"),
        (#"{"Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*"}}"#, "Principal"),
        (
            #"{"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*","Condition":"#
                + #"{"ForAllValues:StringEquals":{"kms:EncryptionContext:a":"b"}}}}"#, "OverlyPermissiveCondition"
        ),
    ])
    func `that is none is refused with what is wrong, whether for a key or with a new one`(
        policy: String, fault: String
    ) async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        for attempt in [
            { try await store.putKeyPolicy(policy, on: key.id, named: nil, by: .alice) },
            { _ = try await store.newKey { $0.policy = policy } },
        ] as [() async throws -> Void] {
            let error = try await #require(throws: KMSError.self) { try await attempt() }
            #expect(error.code == .malformedPolicy)
            #expect(error.message.contains(fault), "\(error.message)")
        }
        #expect(rig.backend.objects.count == 1)
    }

    @Test func `is refused when it is too long`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        let policy = String.openPolicy + String(repeating: " ", count: 32_769 - String.openPolicy.utf8.count)
        await expect(.limitExceeded) { try await store.putKeyPolicy(policy, on: key.id, named: nil, by: .alice) }
        try await store.putKeyPolicy(String(policy.dropLast()), on: key.id, named: nil, by: .alice)
    }

    @Test(arguments: [
        "arn:aws:iam::111122223333:user/dave", "arn:aws:iam::999999999999:user/dave", "444455556666",
    ])
    func `with somebody in it who is not there is refused`(principal: String) async throws {
        let store = try await store(carolIs: "AIDACAROL")
        let key = try await store.newKey()
        let error = try await #require(throws: KMSError.self) {
            try await store.putKeyPolicy(Self.policy(for: principal), on: key.id, named: nil, by: .alice)
        }
        #expect(error.code == .malformedPolicy)
        #expect(error.message.contains(principal))
    }

    @Test func `that its author could not change again is refused, unless he says so`() async throws {
        let store = try await store(carolIs: "AIDACAROL")
        let key = try await store.newKey()
        let policy = Self.policy(for: Directory.carol)
        let error = try await #require(throws: KMSError.self) {
            try await store.putKeyPolicy(policy, on: key.id, named: nil, by: .alice)
        }
        #expect(error.code == .malformedPolicy)
        #expect(error.message.contains("will not allow you to update the key policy in the future"))
        try await store.putKeyPolicy(policy, on: key.id, named: nil, bypassLockoutCheck: true, by: .alice)
        await expect(.accessDenied) {
            try await store.putKeyPolicy(.openPolicy, on: key.id, named: nil, by: .alice)
        }
    }

    @Test func `means the user who was there when it was stored, and shows his id when he is gone`() async throws {
        let carol = { (id: String) in
            CallContext(
                caller: CallerIdentity(
                    principal: Principal(account: Scope.sample.account, arn: Directory.carol),
                    policyCaller: .init(
                        kind: .user, account: Scope.sample.account.description, arn: Directory.carol, userID: id),
                    policies: .init()), region: Scope.sample.region)
        }
        let first = try await store(carolIs: "AIDAFIRST")
        let key = try await first.newKey()
        try await first.putKeyPolicy(
            Self.policy(for: Directory.carol), on: key.id, named: nil, bypassLockoutCheck: true, by: .alice)
        _ = try await first.encrypt("x", with: key.id, by: carol("AIDAFIRST"))

        let second = try await store(carolIs: "AIDASECOND")
        await expect(.accessDenied) { _ = try await second.encrypt("x", with: key.id, by: carol("AIDASECOND")) }
        let shown = try second.keyPolicy(of: key.id, named: nil, by: carol("AIDAFIRST"))
        #expect(shown == Self.policy(for: "AIDAFIRST"))
    }

    @Test func `that cannot be read any more lets nobody in, and the operator hears of it`() async throws {
        let store = try await rig.start()
        let made = try await store.newKey()
        var key = try #require(try await rig.stored(made))
        key.policy = "{}"
        try await rig.metadata.commit([.saveKey(key)])
        let again = try await rig.start()
        #expect(rig.events.take() == ["policy not understood \(made.id)"])
        await expect(.accessDenied) { _ = try await again.encrypt("x", with: made.id) }
    }
}
