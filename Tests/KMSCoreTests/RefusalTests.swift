import KMSCore
import KMSTesting
import Testing

/// What those are told who may not: nothing.
@Suite struct `A refusal` {
    let rig = Rig()

    private func user(_ policies: String...) -> CallContext {
        let principal = Principal(account: Scope.sample.account, arn: "arn:aws:iam::111122223333:user/bob")
        let caller: CallerIdentity =
            policies.isEmpty ? .user(principal) : .user(principal, allowedBy: policies[0])
        return CallContext(caller: caller, region: Scope.sample.region)
    }

    private func refusal(_ body: () async throws -> Void) async throws -> KMSError {
        try await #require(throws: KMSError.self) { try await body() }
    }

    @Test func `is the same for a key that is there and for one that is not`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        let other = KeyID.random().description
        let there = try await refusal { _ = try await store.describeKey(key.id, by: user()) }
        let missing = try await refusal { _ = try await store.describeKey(other, by: user()) }
        #expect(there.code == .accessDenied)
        #expect(missing.message == there.message.replacing(key.id, with: other))
        #expect(missing.code == there.code)
    }

    @Test func `is the same for an alias that is there and for one that is not`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        try await store.createAlias("alias/there", target: key.id, by: .alice)
        let there = try await refusal { _ = try await store.encrypt("x", with: "alias/there", by: user()) }
        let missing = try await refusal { _ = try await store.encrypt("x", with: "alias/gone", by: user()) }
        #expect(there.code == .accessDenied)
        #expect(!there.message.contains(key.id))
        #expect(missing.message == there.message.replacing("alias/there", with: "alias/gone"))
    }

    @Test func `is the same for another account's key, whether or not it is there`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        let other = Scope.sample.keyARN(.random())
        for action in ["DescribeKey", "DisableKey"] {
            let call = { (name: String) in
                try await refusal {
                    if action == "DescribeKey" {
                        _ = try await store.describeKey(name, by: .mallory)
                    } else {
                        try await store.disableKey(name, by: .mallory)
                    }
                }
            }
            let there = try await call(key.arn)
            let missing = try await call(other)
            #expect(there.code == .accessDenied)
            #expect(missing.message == there.message.replacing(key.arn, with: other))
        }
    }

    @Test func `of a ciphertext does not tell whether its key is there, or whose it is`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        let ciphertext = try await store.encrypt("x", with: key.id)
        var foreign = ciphertext
        foreign[4] ^= 1
        let denied = try await refusal { _ = try await store.decrypt(ciphertext, by: user()) }
        let elsewhere = try await refusal { _ = try await store.decrypt(ciphertext, by: .mallory) }
        #expect(denied.code == .accessDenied)
        #expect(denied.message == elsewhere.message)
        #expect(!denied.message.contains(key.id))
    }

    @Test func `comes before a word about the key's state`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey()
        try await store.disableKey(key.id, by: .alice)
        await expect(.accessDenied) { _ = try await store.encrypt("x", with: key.id, by: user()) }
        await expect(.disabled) { _ = try await store.encrypt("x", with: key.id) }
    }

    @Test func `is no secret to those whose own policies let them do it`() async throws {
        let store = try await rig.start()
        let all = #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*"}}"#
        let missing = try await refusal { _ = try await store.describeKey(KeyID.random().description, by: user(all)) }
        #expect(missing.code == .notFound)
        let alias = try await refusal { _ = try await store.encrypt("x", with: "alias/gone", by: user(all)) }
        #expect(alias.code == .notFound)
    }
}
