import IAMCore
import KMSCore
import KMSTesting
import Testing

@Suite struct `An inline policy` {
    let rig = Rig()

    @Test func `is kept word for word, and counts at once`() async throws {
        let store = try await rig.startNew()
        let key = try await store.newUser("alice")
        #expect(try !store.context(key).caller.may("kms:Decrypt"))
        let text = "  " + .allow("kms:Decrypt") + "\n"
        try await store.putInlinePolicy("p", text, on: .user("alice"), by: .root)
        #expect(try store.getInlinePolicy("p", of: .user("alice"), by: .root) == text)
        #expect(try store.listInlinePolicies(of: .user("alice"), PageRequest(), by: .root).items == ["p"])
        #expect(try store.context(key).caller.may("kms:Decrypt"))
        try await store.deleteInlinePolicy("p", of: .user("alice"), by: .root)
        #expect(try !store.context(key).caller.may("kms:Decrypt"))
        await expect(.notFound, "The user policy with name p cannot be found.") {
            _ = try store.getInlinePolicy("p", of: .user("alice"), by: .root)
        }
        await expect(.notFound) { try await store.deleteInlinePolicy("p", of: .user("alice"), by: .root) }
    }

    @Test(arguments: [
        "{}", "[]", "nonsense", #"{"Version":"2012-10-17","Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}"#,
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#,
    ])
    func `that is none is refused`(text: String) async throws {
        let store = try await rig.startNew()
        try await store.newUser("alice")
        await expect(.malformedPolicy) {
            try await store.putInlinePolicy("p", text, on: .user("alice"), by: .root)
        }
    }

    @Test func `that breaks the grammar is told where`() async throws {
        let store = try await rig.startNew()
        try await store.newUser("alice")
        let text = """
            {
              "Version": "2012-10-17",
              "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Color": "red"}]
            }
            """
        do {
            try await store.putInlinePolicy("p", text, on: .user("alice"), by: .root)
            Issue.record("it was taken")
        } catch {
            #expect(error.message.contains("line 3"), "\(error.message)")
        }
    }

    @Test func `counts with its kin without white space, 2,048 characters of a user and 10,240 of a role`() async throws
    {
        let store = try await rig.startNew()
        try await store.newUser("alice")
        try await store.newRole("app", trusting: "111122223333")
        for (identity, limit) in [(IdentityName.user("alice"), 2048), (.role("app"), 10_240)] {
            let padded = String.filled(limit - 200) + String(repeating: " \n", count: 500)
            try await store.putInlinePolicy("a", .filled(200), on: identity, by: .root)
            try await store.putInlinePolicy("b", padded, on: identity, by: .root)
            await expect(.limitExceeded) {
                try await store.putInlinePolicy("b", .filled(limit - 199), on: identity, by: .root)
            }
            #expect(try store.getInlinePolicy("b", of: identity, by: .root) == padded)
        }
        await expect(.validation) {
            let padded = String(repeating: " ", count: 131_072) + .everything
            try await store.putInlinePolicy("c", padded, on: .user("alice"), by: .root)
        }
    }
}
