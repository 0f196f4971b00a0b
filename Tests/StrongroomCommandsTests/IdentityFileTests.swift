import FoundationEssentials
import Glibc
import Testing

@testable import StrongroomCommands

@Suite struct `A file of identities` {
    private func message(_ text: String) -> String {
        do {
            _ = try IdentityFile(text, from: "test.yaml")
            return ""
        } catch {
            return error.message
        }
    }

    @Test func `is read as the documentation has it`() throws {
        let documentation = try Data(contentsOf: projectFolder.appending(path: "docs/identities.md"))
        let parts = String(decoding: documentation, as: UTF8.self).split(separator: "```yaml\n")
        let example = try #require(parts[1].split(separator: "```").first)
        let file = try IdentityFile(String(example), from: "docs/identities.md")
        #expect(file.users["ann"]?.policies == ["read-payroll"] && file.users["ann"]?.boundary == "limit")
        #expect(file.users["ben"]?.path == "/operators/" && file.users["ben"]?.inline.keys.sorted() == ["look"])
        #expect(file.roles["payroll-app"]?.maximumSessionDuration == 7200)
        #expect(file.services == ["ec2.amazonaws.com"] && file.mark == "strongroom-apply")
    }

    @Test func `keeps account ids and dates in policies as they are written`() throws {
        let file = try IdentityFile(
            """
            roles:
              app:
                trust:
                  Version: 2012-10-17
                  Statement:
                    Effect: Allow
                    Action: sts:AssumeRole
                    Principal: {AWS: 011122223333}
                    Condition:
                      Bool: {aws:MultiFactorAuthPresent: true}
                      NumericLessThan: {aws:MultiFactorAuthAge: 300}
                      DateLessThan: {aws:CurrentTime: 2027-01-01T00:00:00Z}
            """, from: "test.yaml")
        #expect(
            file.roles["app"]?.trust == """
                {"Statement":{"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},\
                "DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"},\
                "NumericLessThan":{"aws:MultiFactorAuthAge":"300"}},"Effect":"Allow",\
                "Principal":{"AWS":"011122223333"}},"Version":"2012-10-17"}
                """)
    }

    @Test func `takes JSON text word for word`() throws {
        let text = #"{ "Version": "2012-10-17", "Statement": {"Effect":"Deny","Action":"*","Resource":"*"} }"#
        let file = try IdentityFile("policies: {a: {document: '\(text)'}}", from: "test.yaml")
        #expect(file.policies["a"]?.document == text)
    }

    @Test func `may be empty of anything to do`() throws {
        #expect(try IdentityFile("users:\nroles: {}\nservices:\n", from: "test.yaml") == IdentityFile())
    }

    @Test(arguments: [
        ("users:\n  x:\n    tag: {}", "test.yaml, line 3: users.x.tag: there is no such field"),
        ("accounts: {}", "test.yaml, line 1: accounts: there is no such field"),
        ("- a", "test.yaml, line 1: names with values were expected"),
        ("users: {x: {tags: {a: [b]}}}", "users.x.tags.a: a text was expected"),
        ("users: {x: {path: {}}}", "users.x.path: a text was expected"),
        ("users: {? [a] : {}}", "a name was expected"),
        ("users: {x: {inline: {a: {Version: 2012-10-17, Statement: [{Effect: Allow}]}}}}", "users.x.inline.a: this is"),
        ("roles: {x: {trust: {Version: 2012-10-17, Statement: {Effect: Allow, Action: a:b, Resource: '*'}}}}", "trust"),
        ("services: {a: b}", "services: a list was expected"),
        ("users: {x: {}, x: {}}", "x is there more than once"),
    ])
    func `is refused with the place of a mistake`(text: String, expected: String) {
        #expect(message(text).contains(expected), "\(message(text))")
    }
}

@Suite struct `A credentials file` {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func section(_ profile: String) -> String {
        NewCredentials(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret", region: "eu-west-1",
            endpoint: "http://127.0.0.1:8470"
        ).section(profile)
    }

    @Test func `is made for its owner alone, and gets more profiles`() throws {
        let path = folder.path + "/credentials"
        try CredentialsFile(path).check("one")
        try CredentialsFile(path).add(section("one"), "one")
        var status = stat()
        #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        try CredentialsFile(path).add(section("two"), "two")
        #expect(
            FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
                == section("one") + "\n" + section("two"))
        for profile in ["one", "two"] {
            expectFailure(saying: profile) { try CredentialsFile(path).check(profile) }
            expectFailure(saying: profile) { try CredentialsFile(path).add(section(profile), profile) }
        }
    }

    @Test func `is not added to when others can read it, or when it is none`() throws {
        let path = try folder.write("[mine]\nregion = here", to: "credentials")
        expectFailure(saying: "chmod 600") { try CredentialsFile(path).check("new") }
        expectFailure(saying: "not a file") { try CredentialsFile(folder.path).check("new") }
        #expect(unsafe chmod(path, 0o600) == 0)
        try CredentialsFile(path).add(section("new"), "new")
        let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        #expect(text == "[mine]\nregion = here\n\n" + section("new"))
    }
}
