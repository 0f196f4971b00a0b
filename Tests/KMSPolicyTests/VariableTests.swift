import KMSPolicy
import Testing

@Suite struct `A policy variable` {
    private func isAllowed(
        _ name: String, _ listed: String, _ value: String, version: String = "2012-10-17",
        request: [String: ConditionValues] = [:]
    ) throws -> Bool {
        let policy = try CompiledPolicy.identity(
            """
            {"Effect": "Allow", "Action": "*", "Resource": "*",
             "Condition": {"\(name)": {"aws:RequestTag/t": "\(listed)"}}}
            """, version: version)
        let values = request.merging(["aws:RequestTag/t": .one(value)]) { $1 }
        return Decision.byIdentity(policy, request: RequestValues(values)).isAllowed
    }

    private let alice: [String: ConditionValues] = [
        "aws:username": .one("Alice"), "aws:PrincipalTag/team blue": .one("b*e"), "aws:TagKeys": .several(["x"]),
        "aws:PrincipalAccount": .one("111122223333"),
    ]

    @Test(arguments: [
        ("StringEquals", "${aws:username}", "Alice"), ("StringEquals", "${AWS:UserName}", "Alice"),
        ("StringEquals", "a-${aws:username}-${aws:username}-z", "a-Alice-Alice-z"),
        ("StringNotEquals", "${aws:username}", "alice"), ("StringEqualsIgnoreCase", "X${aws:username}", "xaLICE"),
        ("StringLike", "${aws:username}/*", "Alice/x"), ("StringNotLike", "${aws:username}/*", "Bob/x"),
        ("StringEquals", "${aws:PrincipalTag/team blue}", "b*e"),
        ("StringEquals", "${aws:PrincipalTag/none, 'any one'}", "any one"),
        ("StringEquals", "${aws:PrincipalTag/none,''}", ""), ("StringEquals", "${aws:username, 'x'}", "Alice"),
        (
            "ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}",
            "arn:aws:iam::111122223333:user/Alice"
        ),
        ("StringLike", "${*}${?}${$}*", "*?$x"), ("StringEquals", "${$}{aws:username}", "${aws:username}"),
        ("Bool", "${aws:PrincipalTag/none, 'TRUE'}", "true"), ("Null", "${aws:PrincipalTag/none, 'false'}", "x"),
        ("StringEquals", "$aws:username", "$aws:username"), ("StringEquals", "{aws:username}", "{aws:username}"),
    ])
    func `stands for the request's value`(name: String, listed: String, value: String) throws {
        #expect(try isAllowed(name, listed, value, request: alice))
    }

    @Test(arguments: [
        ("StringEquals", "${aws:username}", "alice"), ("StringNotEquals", "${aws:username}", "Alice"),
        ("StringLike", "${aws:PrincipalTag/team blue}", "blue"), ("StringLike", "${*}", "x"),
        ("StringLike", "${aws:PrincipalTag/none}*", "x"), ("StringEquals", "${aws:PrincipalTag/none}", ""),
        ("ArnLike", "${aws:username}:aws:iam::*:x", "Alice:aws:iam::1:x"),
        // Substituted values are compared as text, never read as numbers, moments or addresses.
        ("NumericEquals", "${aws:PrincipalAccount}", "111122223333"),
        ("DateEquals", "${aws:PrincipalAccount}", "111122223333"),
    ])
    func `stands for nothing else`(name: String, listed: String, value: String) throws {
        #expect(try !isAllowed(name, listed, value, request: alice))
    }

    @Test func `without a value makes a negated condition hold`() throws {
        #expect(try isAllowed("StringNotEquals", "${aws:PrincipalTag/none}", "x"))
    }

    @Test func `is plain text in policies of 2008`() throws {
        for version in ["2008-10-17", "2012-10-17"] {
            let isText = version == "2008-10-17"
            let listed = "${aws:username}"
            #expect(try isAllowed("StringEquals", listed, listed, version: version, request: alice) == isText)
            #expect(try isAllowed("StringEquals", listed, "Alice", version: version, request: alice) == !isText)
            #expect(try isAllowed("StringLike", "${*}", "${x}", version: version) == isText)
        }
    }

    @Test(arguments: [
        ("arn:aws:kms:*:${aws:PrincipalAccount}:key/*", true),
        ("arn:aws:kms:*:111122223333:key/${aws:username}", false),
        ("arn:aws:kms:*:111122223333:key/${aws:PrincipalTag/none, '1234abcd-12ab-34cd-56ef-1234567890ab'}", true),
        ("arn:aws:kms:*:111122223333:key/${aws:PrincipalTag/none}*", false),
        ("arn:aws:${aws:PrincipalTag/none, 'kms:us-east-1'}:111122223333:key/*", false),
    ])
    func `stands for a part of a resource`(resource: String, allows: Bool) throws {
        let policy = try CompiledPolicy.identity(#"{"Effect": "Allow", "Action": "*", "Resource": "\#(resource)"}"#)
        let decision = Decision.byIdentity(
            policy, action: "kms:DescribeKey", resource: Home.key, request: RequestValues(alice))
        #expect(decision.isAllowed == allows)
    }
}

@Suite struct `Actions and resources of a statement` {
    private func isAllowed(_ elements: String, action: String = "kms:Decrypt", resource: String = Home.key) throws
        -> Bool
    {
        let policy = try CompiledPolicy.identity(#"{"Effect": "Allow", \#(elements)}"#)
        return Decision.byIdentity(policy, action: action, resource: resource).isAllowed
    }

    @Test(arguments: [
        ("*", true), ("kms:*", true), ("KMS:decrypt", true), ("kms:De*", true), ("kms:?ecrypt", true),
        ("kms:*rypt", true), ("kms:Decryp", false), ("kms:Decrypt?", false), ("iam:*", false), ("kms:Encrypt", false),
        ("kms: Decrypt", false), ("kms:Decrypt,Encrypt", false), ("kms:Decrypt ", false),
        ("\u{212A}ms:Decrypt", false),
    ])
    func `name actions in any case`(pattern: String, matches: Bool) throws {
        guard pattern.utf8.allSatisfy({ $0 < 0x80 }) else {
            #expect(try isAllowed(#""Action": "\u212Ams:Decrypt", "Resource": "*""#) == matches)
            return
        }
        #expect(try isAllowed(#""Action": "\#(pattern)", "Resource": "*""#) == matches)
        #expect(try isAllowed(#""Action": ["iam:GetUser", "\#(pattern)"], "Resource": "*""#) == matches)
        #expect(try isAllowed(#""NotAction": "\#(pattern)", "Resource": "*""#) == !matches)
    }

    @Test(arguments: [
        ("*", true), (Home.key, true), ("arn:aws:kms:*:*:key/*", true), ("arn:*:*:*:*:*", true),
        ("arn:aws:kms:us-east-?:111122223333:*", true), ("arn:aws:kms:*:key/*", nil),
        ("arn:aws:kms:*:*:*:key/*", false), ("arn:aws:kms:us-east-1:111122223333:KEY/*", false),
        ("arn:aws:kms:us-east-1:1111*:alias/*", false), ("arn:aws:kms::111122223333:key/*", false),
        ("arn:aws:kms:us*111122223333:key/*", nil),
    ])
    func `name resources part for part`(pattern: String, matches: Bool?) throws {
        guard let matches else {
            #expect(throws: PolicyError.self) { try isAllowed(#""Action": "*", "Resource": "\#(pattern)""#) }
            return
        }
        #expect(try isAllowed(#""Action": "*", "Resource": "\#(pattern)""#) == matches)
        #expect(try isAllowed(#""Action": "*", "NotResource": "\#(pattern)""#) == !matches)
    }

    @Test func `name no resource where a request has none, but with an asterisk`() throws {
        #expect(try isAllowed(#""Action": "*", "Resource": "*""#, action: "kms:ListKeys", resource: "*"))
        #expect(try !isAllowed(#""Action": "*", "Resource": "arn:*:*:*:*:*""#, action: "kms:ListKeys", resource: "*"))
    }

    @Test func `that are empty name nothing, or all`() throws {
        #expect(try !isAllowed(#""Action": [], "Resource": "*""#))
        #expect(try !isAllowed(#""Action": "*", "Resource": []"#))
        #expect(try isAllowed(#""NotAction": [], "Resource": "*""#))
        #expect(try isAllowed(#""Action": "*", "NotResource": []"#))
    }

    @Test(arguments: [#""Action": "kms:*""#, #""Resource": "*""#, #""NotAction": "kms:Encrypt""#, ""])
    func `that are missing in a key policy make its statement do nothing`(elements: String) throws {
        let rest = elements.isEmpty ? "" : ", \(elements)"
        let allow = #"{"Effect": "Allow", "Principal": "*"\#(rest)}"#
        #expect(!Decision.onKey(try .key(allow), by: .user("alice")).isAllowed)
        let deny = #"{"Effect": "Deny", "Principal": "*"\#(rest)}"#
        let everything = #"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#
        #expect(Decision.onKey(try .key("\(deny), \(everything)"), by: .user("alice")).isAllowed)
    }
}
