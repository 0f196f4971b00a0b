import KMSCore
import KMSTesting
import Testing

/// What somebody tries who wants more than he may have, or to know more than he may know.
@Suite struct `Somebody who tries` {
    let rig = Rig()
    private let account = Scope.sample.account

    private func user(_ policy: String) -> CallContext {
        let principal = Principal(account: account, arn: "arn:aws:iam::111122223333:user/bob")
        return CallContext(caller: .user(principal, allowedBy: policy), region: Scope.sample.region)
    }

    private func refusal(_ body: () async throws -> Void) async throws -> KMSError {
        try await #require(throws: KMSError.self) { try await body() }
    }

    private func policy(_ effect: String, _ actions: String, when condition: String) -> String {
        #"{"Effect":"\#(effect)","Action":"\#(actions)","Resource":"*","Condition":\#(condition)}"#
    }

    private func document(_ statements: String...) -> String {
        #"{"Version":"2012-10-17","Statement":[\#(statements.joined(separator: ","))]}"#
    }

    @Test func `to find another account's key is not told by its policy's denies that it is there`() async throws {
        let store = try await rig.start()
        let denying =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"\#(account)"},"#
            + #""Action":"kms:*","Resource":"*"},{"Effect":"Deny","Principal":{"AWS":"999999999999"},"#
            + #""Action":"kms:Encrypt","Resource":"*"}]}"#
        let key = try await store.newKey { $0.policy = denying }
        let other = Scope.sample.keyARN(.random())
        let there = try await refusal { _ = try await store.encrypt("x", with: key.arn, by: .mallory) }
        let missing = try await refusal { _ = try await store.encrypt("x", with: other, by: .mallory) }
        #expect(there.code == .accessDenied)
        #expect(missing.message == there.message.replacing(key.arn, with: other))
    }

    @Test func `to slip a tag in beside another gets nothing by its value`() async throws {
        let store = try await rig.start()
        let key = try await store.newKey { $0.tags = [Tag(key: "Team", value: "red")] }
        let equals = #"{"StringEquals":{"aws:ResourceTag/team":"blue"}}"#
        let caller = { user(document(policy("Allow", "kms:*", when: equals))) }
        await expect(.accessDenied) { _ = try await store.encrypt("x", with: key.id, by: caller()) }
        // Several names, so that it does not depend on their order.
        for name in ["team", "TEAM", "tEam"] {
            try await store.tagResource(key.id, tags: [Tag(key: name, value: "blue")], by: .alice)
            await expect(.accessDenied) { _ = try await store.encrypt("x", with: key.id, by: caller()) }
        }
        try await store.untagResource(key.id, keys: ["Team", "TEAM", "tEam"], by: .alice)
        _ = try await store.encrypt("x", with: key.id, by: caller())
    }

    @Test func `to give a tag in two cases has neither looked at alone`() async throws {
        let store = try await rig.start()
        let equals = #"{"StringEquals":{"aws:RequestTag/team":"blue"}}"#
        let caller = { user(document(policy("Allow", "kms:*", when: equals))) }
        for value in ["red", "blue"] {
            await expect(.accessDenied) {
                _ = try await store.newKey(by: caller()) {
                    $0.tags = [Tag(key: "team", value: "blue"), Tag(key: "Team", value: value)]
                }
            }
        }
        _ = try await store.newKey(by: caller()) { $0.tags = [Tag(key: "team", value: "blue")] }
    }

    @Test func `ciphertexts of no key is throttled like others`() async throws {
        let journal = Journal(metadata: rig.metadata, clock: rig.clock, sink: InMemoryAuditSink(), events: NoEvents())
        let limits = try QuotaLimits().overriding(["symmetric": .perSecond(2)])
        let store = KeyStore(
            backend: rig.backend, journal: journal, principals: EveryPrincipal(),
            quotas: RequestQuotas(limits, clock: rig.clock), events: rig.events)
        let key = try await store.newKey()
        let ciphertext = try await store.encrypt("x", with: key.id)
        rig.clock.advance(bySeconds: 1)
        let elsewhere = { CallContext.aliceElsewhere }
        for _ in 0..<2 { await expect(.accessDenied) { _ = try await store.decrypt(ciphertext, by: elsewhere()) } }
        await expect(.throttled) { _ = try await store.decrypt(ciphertext, by: elsewhere()) }
    }
}
