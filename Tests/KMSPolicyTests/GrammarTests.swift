import KMSPolicy
import Testing

/// JSON that breaks the grammar of policies.
@Suite struct `A malformed policy` {
    struct Fault: Sendable, CustomTestStringConvertible {
        let kind: PolicyDocument.Kind
        let text: String
        let message: String
        let path: String
        let column: Int

        init(_ kind: PolicyDocument.Kind, _ text: String, _ message: String, _ path: String, _ column: Int) {
            self.kind = kind
            self.text = text
            self.message = message
            self.path = path
            self.column = column
        }

        var testDescription: String { "\(kind) \(text)" }
    }

    static let documents = [
        Fault(.key, "[]", "a policy must be an object, not an array", "", 1),
        Fault(.key, "null", "a policy must be an object, not null", "", 1),
        Fault(.key, "{}", #"needs the element "Statement""#, "", 1),
        Fault(.key, #"{"Id": 3, "statement": []}"#, #"needs the element "Statement""#, "statement", 11),
        Fault(.key, #"{"Statement": []}"#, "at least one statement", "Statement", 2),
        Fault(.key, #"{"Statement": "x"}"#, "a statement must be an object, not a string", "Statement", 2),
        Fault(.key, #"{"Statement": [[]]}"#, "a statement must be an object", "Statement[0]", 16),
        Fault(.key, #"{"version": "", "Statement": []}"#, #"write "Version": case matters"#, "version", 2),
        Fault(.key, #"{"Comment": "", "Statement": []}"#, "use one of Version, Id, Statement", "Comment", 2),
        Fault(.key, #"{"Id": 1, "Statement": []}"#, "Id must be a string, not a number", "Id", 2),
        Fault(.key, #"{"Version": 2012, "Statement": []}"#, "Version must be a string", "Version", 2),
        Fault(.key, #"{"Version": "2012-10-18", "Statement": []}"#, "use 2012-10-17", "Version", 2),
        Fault(.key, #"{"Version": "", "Statement": []}"#, #"no Version """#, "Version", 2),
    ]

    static let statements = [
        Fault(.key, #""effect": "Allow""#, #"write "Effect": case matters"#, "effect", 0),
        Fault(.key, #""Effect": "Allow", "Principals": "*""#, "no element \"Principals\"", "Principals", 19),
        Fault(.key, #""Principal": "*", "Action": "*", "Resource": "*""#, #"needs the element "Effect""#, "", -1),
        Fault(.key, #""Effect": "Allow", "Action": "*", "Resource": "*""#, #"element "Principal""#, "", -1),
        Fault(.key, #""Effect": "allow", "Principal": "*""#, #"write "Allow": case matters"#, "Effect", 0),
        Fault(.key, #""Effect": "Grant", "Principal": "*""#, "use one of Allow, Deny", "Effect", 0),
        Fault(.key, #""Effect": ["Allow"], "Principal": "*""#, "Effect must be a string", "Effect", 0),
        Fault(.key, #""Sid": 1, "Effect": "Allow", "Principal": "*""#, "Sid must be a string", "Sid", 0),
        Fault(
            .key, #""Effect": "Allow", "Principal": "*", "NotPrincipal": "*""#, "remove one of them", "NotPrincipal",
            37),
        Fault(
            .key, #""Effect": "Deny", "NotAction": "*", "Principal": "*", "Action": "*""#, "remove one", "Action", 54),
        Fault(.identity, #""Effect": "Allow", "Resource": "*""#, #""Action" or "NotAction""#, "", -1),
        Fault(.identity, #""Effect": "Allow", "Action": "*""#, #""Resource" or "NotResource""#, "", -1),
        Fault(
            .identity, #""Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*""#, "remove one of them",
            "NotResource", 51),
        Fault(
            .identity, #""Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*""#, "has no Principal",
            "Principal", 51),
        Fault(
            .identity, #""Sid": "a b", "Effect": "Allow", "Action": "*", "Resource": "*""#, "letters A-Z", "Sid", 0),
        Fault(.trust, #""Effect": "Allow", "Principal": "*""#, #""Action" or "NotAction""#, "", -1),
        Fault(.trust, #""Effect": "Allow", "Action": "sts:*""#, #"element "Principal""#, "", -1),
        Fault(
            .trust, #""Effect": "Allow", "Action": "sts:*", "Principal": "*", "Resource": "*""#, "has no Resource",
            "Resource", 56),
        Fault(
            .trust, #""Effect": "Allow", "Action": "sts:*", "NotPrincipal": {"AWS": "111122223333"}"#,
            "has no NotPrincipal", "NotPrincipal", 38),
    ]

    static let selections = [
        Fault(.identity, #""Action": "Decrypt", "Resource": "*""#, "put its service before it", "Action", 0),
        Fault(.identity, #""Action": "", "Resource": "*""#, "put its service before it", "Action", 0),
        Fault(.identity, #""Action": "kms:", "Resource": "*""#, "service and name", "Action", 0),
        Fault(.identity, #""Action": ":Decrypt", "Resource": "*""#, "service and name", "Action", 0),
        Fault(.identity, #""Action": "kms:a:b", "Resource": "*""#, "one colon", "Action", 0),
        Fault(.identity, #""Action": ["kms:*", "*:Decrypt"], "Resource": "*""#, "wildcards", "Action[1]", 20),
        Fault(.identity, #""Action": "k?s:Decrypt", "Resource": "*""#, "wildcards", "Action", 0),
        Fault(.identity, #""Action": 1, "Resource": "*""#, "an action must be a string", "Action", 0),
        Fault(.identity, #""Action": {"kms": "*"}, "Resource": "*""#, "an action must be a string", "Action", 0),
        Fault(.identity, #""Action": ["*", ["*"]], "Resource": "*""#, "not an array", "Action[1]", 16),
        Fault(.identity, #""NotAction": "Decrypt", "Resource": "*""#, "is no action", "NotAction", 0),
        Fault(.identity, #""Resource": "key/1", "Action": "*""#, "is no resource", "Resource", 0),
        Fault(.identity, #""Resource": "", "Action": "*""#, "is no resource", "Resource", 0),
        Fault(.identity, #""Resource": "arn:aws:kms:*", "Action": "*""#, "six parts", "Resource", 0),
        Fault(.identity, #""Resource": "**", "Action": "*""#, "is no resource", "Resource", 0),
        Fault(.identity, #""NotResource": ["*", true], "Action": "*""#, "a resource must be", "NotResource[1]", 21),
    ]

    @Test(arguments: documents) func `is refused at the element at fault`(fault: Fault) throws {
        let error = try #require(throws: PolicyError.self) {
            try PolicyDocument(parsing: fault.text, as: fault.kind)
        }
        #expect(error.message.contains(fault.message), "\(error)")
        #expect(error.place == PolicyPlace(path: fault.path, line: 1, column: fault.column))
    }

    @Test(arguments: statements) func `is refused at the statement's element at fault`(fault: Fault) throws {
        try expect(fault, statement: fault.text)
    }

    @Test(arguments: selections) func `is refused at the action or resource at fault`(fault: Fault) throws {
        try expect(fault, statement: #"\#(fault.text), "Effect": "Allow""#)
    }

    /// - Parameter statement: Without its braces; the fault's column counts from its beginning.
    private func expect(_ fault: Fault, statement: String) throws {
        let start = #"{"Version": "2012-10-17", "Statement": [{"#
        let error = try #require(throws: PolicyError.self) {
            try PolicyDocument(parsing: "\(start)\(statement)}]}", as: fault.kind)
        }
        #expect(error.message.contains(fault.message), "\(error)")
        let path = fault.path.isEmpty ? "Statement[0]" : "Statement[0].\(fault.path)"
        #expect(error.place == PolicyPlace(path: path, line: 1, column: start.count + 1 + fault.column))
    }

    @Test func `with several faults is told the first in the text`() throws {
        let text = """
            {"Version": "2012-10-17",
             "Statement": [{"Effect": "Allow", "Principal": "*"},
               {"Effect": "Allow", "Principal": {"AWS": "nobody"}, "Action": "Decrypt"}],
             "Foo": 1}
            """
        let error = try #require(throws: PolicyError.self) { try PolicyDocument(parsing: text, as: .key) }
        #expect(error.place == PolicyPlace(path: "Statement[1].Principal.AWS", line: 3, column: 38))
    }

    @Test func `repeats a Sid, which IAM refuses and KMS does not`() throws {
        func text(_ sid: String, _ principal: String) -> String {
            let statement = #"{"Sid": "\#(sid)", "Effect": "Allow", "Action": "*"\#(principal)}"#
            return "{\"Statement\": [\(statement), \(statement)]}"
        }
        let resource = #", "Resource": "*""#
        let error = try #require(throws: PolicyError.self) {
            try PolicyDocument(parsing: text("a", resource), as: .identity)
        }
        #expect(error.place.path == "Statement[1].Sid")
        _ = try PolicyDocument(parsing: text("", resource), as: .identity)
        _ = try PolicyDocument(parsing: text("a", #", "Principal": "*""#), as: .key)
    }
}

@Suite struct `A well-formed policy` {
    @Test func `is read as it was written`() throws {
        let text = """
            {
              "Version": "2012-10-17",
              "Id": "key-policy",
              "Statement": [
                {"Sid": "Enable IAM User Permissions", "Effect": "Allow",
                 "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
                {"Effect": "Deny", "NotPrincipal": "*", "NotAction": ["kms:Encrypt", "kms:Decrypt"],
                 "NotResource": "arn:aws:kms:*:*:key/*",
                 "Condition": {"ForAnyValue:StringLikeIfExists": {"KMS:ViaService": ["a", "b"]}}}
              ]
            }
            """
        let policy = try PolicyDocument(parsing: text, as: .key)
        #expect(policy.kind == .key)
        #expect(policy.version == .v2012)
        #expect(policy.hasVersion)
        #expect(policy.id == "key-policy")
        try #require(policy.statements.count == 2)

        let first = policy.statements[0]
        #expect(first.index == 0)
        #expect(first.sid == "Enable IAM User Permissions")
        #expect(first.effect == .allow)
        #expect(first.principals?.patterns == [.account(Home.account)])
        #expect(first.actions?.patterns == ["kms:*"])
        #expect(first.resources?.patterns == ["*"])
        #expect(first.conditions.isEmpty)
        #expect(first.place == PolicyPlace(path: "Statement[0]", line: 5, column: 5))

        let second = policy.statements[1]
        #expect(second.index == 1)
        #expect(second.sid == nil)
        #expect(second.effect == .deny)
        #expect(second.principals?.isNegated == true)
        #expect(second.principals?.patterns == [.everyone])
        #expect(second.actions?.isNegated == true)
        #expect(second.actions?.place == PolicyPlace(path: "Statement[1].NotAction", line: 7, column: 45))
        #expect(second.resources?.isNegated == true)
        let condition = try #require(second.conditions.first)
        #expect(condition.conditionOperator == ConditionOperator(.stringLike, qualifier: .forAnyValue, ifExists: true))
        #expect(condition.conditionOperator.name == "ForAnyValue:StringLikeIfExists")
        #expect(condition.key == .named(.viaService))
        #expect(condition.keyText == "KMS:ViaService")
        #expect(condition.values == ["a", "b"])
        let path = "Statement[1].Condition.ForAnyValue:StringLikeIfExists.KMS:ViaService"
        #expect(condition.place == PolicyPlace(path: path, line: 9, column: 55))
    }

    @Test(arguments: [
        #"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#,
        #"{"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["*"], "Resource": ["*"]}]}"#,
    ])
    func `means the same with one element as with an array of one`(text: String) throws {
        let policy = try PolicyDocument(parsing: text, as: .key)
        #expect(policy.version == .v2008)
        #expect(!policy.hasVersion)
        let statement = try #require(policy.statements.first)
        #expect(statement.principals?.patterns == [.everyone])
        #expect(statement.actions?.patterns == ["*"])
        #expect(statement.resources?.patterns == ["*"])
    }

    @Test func `for a key may lack actions or resources`() throws {
        let text = #"{"Statement": [{"Effect": "Allow", "Principal": "*"}]}"#
        let statement = try PolicyDocument(parsing: text, as: .key).statements[0]
        #expect(statement.actions == nil)
        #expect(statement.resources == nil)
    }

    @Test func `may list nothing`() throws {
        let text = """
            {"Statement": {"Effect": "Allow", "Action": [], "Resource": [], "Condition":
              {"StringEquals": {"kms:ViaService": []}, "Bool": {}}}}
            """
        let statement = try PolicyDocument(parsing: text, as: .identity).statements[0]
        #expect(statement.actions?.patterns == [])
        #expect(statement.resources?.patterns == [])
        #expect(statement.conditions.map(\.values) == [[]])
    }

    @Test func `takes its version from wherever it stands`() throws {
        let text = """
            {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:kms:::${"}, "Version": "2008-10-17"}
            """
        #expect(try PolicyDocument(parsing: text, as: .identity).version == .v2008)
        let newer = text.replacing("2008", with: "2012")
        let error = try #require(throws: PolicyError.self) { try PolicyDocument(parsing: newer, as: .identity) }
        #expect(error.place.path == "Statement.Resource")
    }

    @Test func `tells the ARNs that it names as principals`() throws {
        let policy = try PolicyDocument(
            parsing: """
                {"Statement": [
                  {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:user/a", "111122223333"]}},
                  {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/b"}},
                  {"Effect": "Deny", "Principal": {"AWS": "AIDAQ3EGUCTQ3EXAMPLE1", "Service": "logs.amazonaws.com"}}]}
                """, as: .key)
        #expect(
            policy.principalARNs == ["arn:aws:iam::111122223333:user/a", "arn:aws:iam::111122223333:role/b"])
    }
}
