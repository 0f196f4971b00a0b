import KMSAPIClient
import Testing

@testable import StrongroomCommands

/// What IAM would have after the calls of a plan: enough of it to see that nothing is left to do.
private struct FakeIAM {
    var state = IdentityState(account: "111122223333", caller: "arn:aws:iam::111122223333:user/administrator")

    init() {
        state.policyARNs["AdministratorAccess"] = "arn:aws:iam::aws:policy/AdministratorAccess"
    }

    mutating func carryOut(_ plan: IdentityPlan) throws {
        for call in plan.steps.flatMap(\.calls) { try carryOut(call) }
    }

    private mutating func carryOut(_ call: QueryCall) throws {
        let parameters = call.parameters
        func parameter(_ name: String) throws -> String { try #require(parameters[name], "\(call)") }
        switch call.action {
        case "CreatePolicy":
            let name = try parameter("PolicyName")
            let path = parameters["Path"] ?? "/"
            let arn = "arn:aws:iam::111122223333:policy\(path)\(name)"
            try #require(state.policies[name] == nil)
            state.policies[name] = PresentPolicy(
                arn: arn, path: path, description: parameters["Description"] ?? "",
                document: try parameter("PolicyDocument"), tags: Self.tags(parameters))
            state.policyARNs[name] = arn
        case "CreatePolicyVersion":
            let name = try name(ofPolicy: parameter("PolicyArn"))
            state.policies[name]?.document = try parameter("PolicyDocument")
        case "TagPolicy":
            let name = try name(ofPolicy: parameter("PolicyArn"))
            state.policies[name]?.tags.merge(Self.tags(parameters)) { _, new in new }
        case "UntagPolicy":
            let name = try name(ofPolicy: parameter("PolicyArn"))
            state.policies[name]?.tags[try parameter("TagKeys.member.1")] = nil
        case "DeletePolicy":
            let arn = try parameter("PolicyArn")
            let identities = Array(state.users.values) + Array(state.roles.values)
            try #require(!identities.contains { $0.policies.contains(arn) || $0.boundary == arn }, "it is in use")
            state.policies[try name(ofPolicy: arn)] = nil
        case "CreateService":
            state.services.insert(try parameter("ServiceName"))
        default:
            let noun = parameters["UserName"] == nil ? IdentityNoun.role : .user
            let name = try parameter(noun.parameter)
            var identities = noun == .user ? state.users : state.roles
            try change(&identities, noun, name, call)
            if noun == .user { state.users = identities } else { state.roles = identities }
        }
    }

    private func change(
        _ identities: inout [String: PresentIdentity], _ noun: IdentityNoun, _ name: String, _ call: QueryCall
    ) throws {
        let parameters = call.parameters
        var identity = identities[name]
        switch call.action.replacing(noun.rawValue, with: "", maxReplacements: 1) {
        case "Create":
            try #require(identity == nil)
            let path = parameters["Path"] ?? "/"
            identity = PresentIdentity(
                arn: "arn:aws:iam::111122223333:\(noun.word)\(path)\(name)", path: path,
                boundary: parameters["PermissionsBoundary"], tags: Self.tags(parameters),
                trust: parameters["AssumeRolePolicyDocument"] ?? "", description: parameters["Description"] ?? "",
                maximumSessionDuration: parameters["MaxSessionDuration"].flatMap { Int($0) } ?? 3600)
            try checkTrust(identity?.trust ?? "")
        case "Update":
            if let path = parameters["NewPath"] { identity?.path = path }
            if let description = parameters["Description"] { identity?.description = description }
            if let duration = parameters["MaxSessionDuration"].flatMap({ Int($0) }) {
                identity?.maximumSessionDuration = duration
            }
        case "UpdateAssumePolicy":
            identity?.trust = parameters["PolicyDocument"] ?? ""
            try checkTrust(identity?.trust ?? "")
        case "Tag": identity?.tags.merge(Self.tags(parameters)) { _, new in new }
        case "Untag": identity?.tags[parameters["TagKeys.member.1"] ?? ""] = nil
        case "PutPermissionsBoundary": identity?.boundary = parameters["PermissionsBoundary"]
        case "DeletePermissionsBoundary": identity?.boundary = nil
        case "AttachPolicy":
            let arn = try #require(parameters["PolicyArn"])
            try #require(state.policyARNs.values.contains(arn), "\(arn) is not there yet")
            identity?.policies.append(arn)
        case "DetachPolicy": identity?.policies.removeAll { $0 == parameters["PolicyArn"] }
        case "PutPolicy": identity?.inline[parameters["PolicyName"] ?? ""] = parameters["PolicyDocument"]
        case "DeletePolicy": identity?.inline[parameters["PolicyName"] ?? ""] = nil
        case "Delete": identity = nil
        default: Issue.record("unknown: \(call)")
        }
        identities[name] = identity
    }

    /// As IAM does, whom a trust policy names has to be there.
    private func checkTrust(_ text: String) throws {
        let known = Set(state.users.values.map(\.arn) + state.roles.values.map(\.arn))
        for match in text.matches(of: /arn:aws:iam::\d{12}:(user|role)\/[^"]+/) {
            try #require(known.contains(String(match.0)), "\(match.0) is not there yet")
        }
    }

    private func name(ofPolicy arn: String) throws -> String {
        try #require(state.policies.first { $0.value.arn == arn }?.key, "\(arn) is not there")
    }

    private static func tags(_ parameters: [String: String]) -> [String: String] {
        var tags: [String: String] = [:]
        for index in 1...50 {
            guard let key = parameters["Tags.member.\(index).Key"] else { break }
            tags[key] = parameters["Tags.member.\(index).Value"]
        }
        return tags
    }
}

@Suite struct `A plan of identities` {
    private static let document = "{Version: 2012-10-17, Statement: {Effect: Allow, Action: 'kms:*', Resource: '*'}}"
    private static let full = """
        policies:
          read: {path: /p/, description: to read, document: \(document), tags: {a: b}}
          limit: {document: \(document)}
        users:
          ann: {policies: [read, AdministratorAccess], boundary: limit, tags: {team: x}, inline: {own: \(document)}}
          ben: {path: /ops/}
        roles:
          app:
            description: an app
            maxSessionDuration: 7200
            trust: {Version: 2012-10-17, Statement: {Effect: Allow, Action: 'sts:AssumeRole',
              Principal: {AWS: ['arn:aws:iam::111122223333:user/ann', 'arn:aws:iam::111122223333:role/app']}}}
            policies: ['arn:aws:iam::aws:policy/AdministratorAccess']
        services: [ec2.amazonaws.com]
        """

    private func plan(
        _ text: String, _ iam: FakeIAM, prune: Bool = false
    ) throws -> IdentityPlan {
        try IdentityPlan(try IdentityFile(text, from: "test"), from: iam.state, prune: prune)
    }

    @Test func `has nothing to do when it has been carried out`() throws {
        var iam = FakeIAM()
        let first = try plan(Self.full, iam)
        #expect(first.steps.map(\.kind) == [.add, .add, .add, .add, .add, .add, .change])
        #expect(first.steps.map(\.subject).last == "role app", "it trusts itself, which is not there before")
        try iam.carryOut(first)
        #expect(try plan(Self.full, iam).steps.isEmpty)
        #expect(try plan(Self.full, iam, prune: true).steps.isEmpty)
        #expect(iam.state.users["ann"]?.boundary == "arn:aws:iam::111122223333:policy/limit")
        #expect(iam.state.users["ann"]?.policies.contains("arn:aws:iam::111122223333:policy/p/read") == true)
    }

    @Test(arguments: [
        ("team: x", "team: y", "~ user ann/~ tag team: x → y"),
        ("{team: x}", "{}", "~ user ann/- tag team"),
        ("boundary: limit, ", "", "~ user ann/- boundary arn:aws:iam::111122223333:policy/limit"),
        ("boundary: limit", "boundary: read", "~ user ann/~ boundary arn:aws:iam::111122223333:policy/p/read"),
        ("[read, AdministratorAccess]", "[read]", "~ user ann/- attached arn:aws:iam::aws:policy/AdministratorAccess"),
        ("inline: {own: ", "inline: {other: ", "~ user ann/- inline own/+ inline other"),
        ("/ops/", "/dev/", "~ user ben/~ path: /ops/ → /dev/"),
        ("an app", "another app", "~ role app/~ description"),
        ("7200", "3600", "~ role app/~ maxSessionDuration: 7200 → 3600"),
        ("user/ann', ", "user/ben', ", "~ role app/~ trust"),
        ("{a: b}", "{a: b, c: d}", "~ policy read/+ tag c: d"),
    ])
    func `changes what is different, and nothing else`(old: String, new: String, expected: String) throws {
        var iam = FakeIAM()
        try iam.carryOut(plan(Self.full, iam))
        // The one that is named by its path: of a role's trust policy alone.
        if new.hasPrefix("user/ben") { iam.state.users["ben"]?.arn = "arn:aws:iam::111122223333:user/ben" }
        let text = Self.full.replacing(old, with: new, maxReplacements: 1)
        let second = try plan(text, iam)
        #expect(second.text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: "/") == expected)
        try iam.carryOut(second)
        #expect(try plan(text, iam).steps.isEmpty)
    }

    @Test func `takes a policy for the same that is only written otherwise`() throws {
        var iam = FakeIAM()
        try iam.carryOut(plan(Self.full, iam))
        iam.state.policies["limit"]?.document = """
            { "Statement": {"Resource": "*", "Action": "kms:*", "Effect": "Allow"},
              "Version": "2012-10-17" }
            """
        #expect(try plan(Self.full, iam).steps.isEmpty)
        iam.state.policies["limit"]?.document =
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:List*","Resource":"*"}}"#
        #expect(try plan(Self.full, iam).text == "~ policy limit\n    ~ document")
    }

    @Test func `removes what is gone only with prune, identities before their policies`() throws {
        var iam = FakeIAM()
        try iam.carryOut(plan(Self.full, iam))
        for name in iam.state.users.keys {
            iam.state.users[name]?.removal = [QueryCall("DeleteUser", ["UserName": name])]
        }
        iam.state.roles["app"]?.removal = [QueryCall("DeleteRole", ["RoleName": "app"])]
        #expect(try plan("{}", iam).steps.isEmpty)
        let removal = try plan("{}", iam, prune: true)
        #expect(removal.text == "- user ann\n- user ben\n- role app\n- policy limit\n- policy read")
        #expect(removal.steps.allSatisfy { $0.takesAway })
        try iam.carryOut(removal)
        #expect(try plan("{}", iam, prune: true).steps.isEmpty)
    }

    @Test func `never removes its caller`() throws {
        var iam = FakeIAM()
        try iam.carryOut(plan("users: {administrator: {}}", iam))
        #expect(throws: CommandFailure.self) { try plan("{}", iam, prune: true) }
    }

    @Test func `lets a role that is there trust one that is made with it`() throws {
        func file(_ trusted: String) -> String {
            """
            roles:
              app: {trust: {Version: 2012-10-17, Statement: {Effect: Allow, Action: 'sts:AssumeRole',
                Principal: {AWS: 'arn:aws:iam::111122223333:\(trusted)'}}}}
              \(trusted == "role/zeta" ? "zeta" : "beta"): {trust: {Version: 2012-10-17, Statement: {Effect: Allow,
                Action: 'sts:AssumeRole', Principal: {AWS: '111122223333'}}}}
            """
        }
        var iam = FakeIAM()
        iam.state.users["x"] = PresentIdentity(arn: "arn:aws:iam::111122223333:user/x")
        try iam.carryOut(plan(file("user/x"), iam))
        let second = try plan(file("role/zeta"), iam)
        #expect(second.steps.map(\.subject) == ["role zeta", "role app"])
        try iam.carryOut(second)
        #expect(try plan(file("role/zeta"), iam).steps.isEmpty)
    }

    @Test func `refuses what cannot be changed`() throws {
        var iam = FakeIAM()
        try iam.carryOut(plan(Self.full, iam))
        for (old, new) in [("/p/", "/q/"), ("to read", "to write")] {
            #expect(throws: CommandFailure.self) {
                try plan(Self.full.replacing(old, with: new, maxReplacements: 1), iam)
            }
        }
        iam.state.roles["app"]?.path = "/moved/"
        #expect(throws: CommandFailure.self) { try plan(Self.full, iam) }
    }

    @Test func `refuses a policy that nobody has`() {
        #expect(throws: CommandFailure.self) { try plan("users: {ann: {policies: [nothing]}}", FakeIAM()) }
        #expect(throws: CommandFailure.self) { try plan("users: {ann: {boundary: nothing}}", FakeIAM()) }
    }

    @Test func `makes room for a policy's sixth version`() {
        let versions = PolicyVersions(others: ["v2", "v9", "v10", "v11"])
        #expect(versions.replacement(of: "arn", "{}").map(\.action) == ["DeletePolicyVersion", "CreatePolicyVersion"])
        #expect(versions.replacement(of: "arn", "{}")[0].parameters["VersionId"] == "v2")
        #expect(PolicyVersions(others: ["v1", "v2", "v3"]).replacement(of: "arn", "{}").count == 1)
        #expect(versions.removal(of: "arn").count == 5)
    }

    @Test func `is the same for a file of a scope, and leaves those of others alone`() throws {
        var iam = FakeIAM()
        try iam.carryOut(plan("{scope: one, users: {ann: {}}}", iam))
        #expect(iam.state.users["ann"]?.tags == ["managed-by": "strongroom-apply:one"])
        let file = try IdentityFile("scope: two", from: "test")
        #expect(!file.isMarked(["managed-by": "strongroom-apply:one"]) && !file.isMarked([:]))
        #expect(file.isMarked(["managed-by": "strongroom-apply:two"]))
    }
}
