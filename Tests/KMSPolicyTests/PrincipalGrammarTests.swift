import KMSPolicy
import Testing

@Suite struct `A principal in a policy` {
    private func principals(_ json: String, as kind: PolicyDocument.Kind = .key) throws -> [PrincipalPattern] {
        let text = #"{"Statement": {"Effect": "Allow", "Principal": \#(json), "Action": "sts:AssumeRole"}}"#
        return try PolicyDocument(parsing: text, as: kind).statements[0].principals?.patterns ?? []
    }

    @Test(arguments: [
        (#""*""#, [PrincipalPattern.everyone]),
        (#"{"AWS": "*"}"#, [.everyone]),
        (#"{"AWS": "111122223333"}"#, [.account("111122223333")]),
        (#"{"AWS": "arn:aws:iam::111122223333:root"}"#, [.account("111122223333")]),
        (#"{"AWS": "arn:aws-cn:iam::111122223333:root"}"#, [.account("111122223333")]),
        (#"{"AWS": "arn:aws:iam::111122223333:user/a"}"#, [.arn("arn:aws:iam::111122223333:user/a")]),
        (
            #"{"AWS": "arn:aws:iam::111122223333:user/p/q/a+=,.@_-"}"#,
            [.arn("arn:aws:iam::111122223333:user/p/q/a+=,.@_-")]
        ),
        (#"{"AWS": "arn:aws:iam::111122223333:role/r"}"#, [.arn("arn:aws:iam::111122223333:role/r")]),
        (
            #"{"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"}"#,
            [.arn("arn:aws:sts::111122223333:assumed-role/r/s")]
        ),
        (
            #"{"AWS": "arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-1"}"#,
            [.arn("arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-1")]
        ),
        (
            #"{"AWS": "arn:aws:sts::111122223333:federated-user/f"}"#,
            [.arn("arn:aws:sts::111122223333:federated-user/f")]
        ),
        (#"{"AWS": "AIDAQ3EGUCTQ3EXAMPLE1"}"#, [.uniqueID("AIDAQ3EGUCTQ3EXAMPLE1")]),
        (#"{"AWS": "AROAQ3EGUCTQ3EXAMPLE1"}"#, [.uniqueID("AROAQ3EGUCTQ3EXAMPLE1")]),
        (#"{"Service": "logs.us-east-1.amazonaws.com"}"#, [.service("logs.us-east-1.amazonaws.com")]),
        (#"{"Federated": "accounts.google.com"}"#, [.federated("accounts.google.com")]),
        (#"{"CanonicalUser": "79a59df900b949e5"}"#, [.canonicalUser("79a59df900b949e5")]),
        (
            #"{"AWS": ["111122223333", "444455556666"], "Service": "ec2.amazonaws.com"}"#,
            [.account("111122223333"), .account("444455556666"), .service("ec2.amazonaws.com")]
        ),
    ])
    func `is understood`(json: String, patterns: [PrincipalPattern]) throws {
        #expect(try principals(json) == patterns)
        #expect(try principals(json, as: .trust) == patterns)
    }

    @Test(arguments: [
        (#""111122223333""#, #"must be "*" or an object"#, ""),
        (#"["*"]"#, "must be an object, not an array", ""),
        ("true", "must be an object, not true or false", ""),
        ("{}", "at least one principal", ""),
        (#"{"AWS": []}"#, "at least one principal", ""),
        (#"{"aws": "*"}"#, #"write "AWS": case matters"#, ".aws"),
        (#"{"User": "a"}"#, "use one of AWS, Service, Federated, CanonicalUser", ".User"),
        (#"{"AWS": 111122223333}"#, "a principal must be a string, not a number", ".AWS"),
        (#"{"AWS": ["111122223333", null]}"#, "not null", ".AWS[1]"),
        (#"{"AWS": ""}"#, "is no principal", ".AWS"),
        (#"{"AWS": "11112222333"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "1111222233334"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "alice"}"#, "use an account's id", ".AWS"),
        (#"{"AWS": "arn:aws:iam::111122223333:user/*"}"#, "holds a wildcard", ".AWS"),
        (#"{"AWS": "arn:aws:iam::*:root"}"#, "holds a wildcard", ".AWS"),
        (#"{"AWS": "arn:aws:sts::111122223333:assumed-role/r/?"}"#, "holds a wildcard", ".AWS"),
        (#"{"AWS": "**"}"#, "holds a wildcard", ".AWS"),
        (#"{"AWS": "arn:aws:iam::111122223333:group/g"}"#, "a group cannot be one", ".AWS"),
        (#"{"AWS": "arn:aws:iam::111122223333:policy/p"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:iam::111122223333:user"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:iam::111122223333:user/"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:iam::111122223333:user//a"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:iam::111122223333:user/a b"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:iam::111122223333:user/\u00e9"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:iam::111122223333:root/x"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:iam:us-east-1:111122223333:user/a"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:iam::11112222333a:user/a"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:iam::cloudfront:user/a"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:sts::111122223333:user/a"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:iam::111122223333:assumed-role/r/s"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:sts::111122223333:assumed-role/r"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:sts::111122223333:assumed-role/r/s/t"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "arn:aws:kms:us-east-1:111122223333:key/k"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "AIDA"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "AGPAQ3EGUCTQ3EXAMPLE1"}"#, "is no principal", ".AWS"),
        (#"{"AWS": "AIDAQ3EGUCTQ3 EXAMPLE"}"#, "is no principal", ".AWS"),
        (#"{"Service": "ec2"}"#, "is no service", ".Service"),
        (#"{"Service": "*"}"#, "holds a wildcard", ".Service"),
        (#"{"Service": "ec2.amazonaws.com/"}"#, "is no service", ".Service"),
        (#"{"Federated": ""}"#, "is empty", ".Federated"),
        (#"{"CanonicalUser": "a-b"}"#, "no canonical user id", ".CanonicalUser"),
    ])
    func `that nobody can be is refused`(json: String, message: String, path: String) throws {
        let error = try #require(throws: PolicyError.self) { try principals(json) }
        #expect(error.message.contains(message), "\(error)")
        #expect(error.place.path == "Statement.Principal\(path)")
    }
}
