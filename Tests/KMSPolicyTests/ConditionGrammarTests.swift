import KMSPolicy
import Testing

@Suite struct `A condition in a policy` {
    private func conditions(_ json: String, as kind: PolicyDocument.Kind = .key) throws -> [PolicyCondition] {
        let elements = kind == .key ? #""Principal": "*", "# : ""
        let text = """
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", \(elements)"Action": "kms:*", "Resource": "*",
            "Condition": \(json)}}
            """
        return try PolicyDocument(parsing: text, as: kind).statements[0].conditions
    }

    @Test func `may have every operator in every form`() throws {
        for base in ConditionOperator.Base.allCases {
            for qualifier in [nil] + ConditionOperator.Qualifier.allCases.map(Optional.some) {
                for ifExists in base == .null ? [false] : [false, true] {
                    let expected = ConditionOperator(base, qualifier: qualifier, ifExists: ifExists)
                    let read = try conditions(#"{"\#(expected.name)": {"kms:KeyOrigin": "x"}}"#)
                    #expect(read.map(\.conditionOperator) == [expected])
                }
            }
        }
    }

    @Test(arguments: [
        ("[]", "Condition must be an object, not an array", ""),
        (#"{"StringEqual": {}}"#, "use one like StringEquals", ".StringEqual"),
        (#"{"stringEquals": {}}"#, #"write "StringEquals": case matters"#, ".stringEquals"),
        (
            #"{"forAnyValue:StringLikeIfexists": {}}"#, #"write "ForAnyValue:StringLikeIfExists""#,
            ".forAnyValue:StringLikeIfexists"
        ),
        (#"{"ForSomeValues:StringLike": {}}"#, "no condition operator", ".ForSomeValues:StringLike"),
        (#"{"ForAnyValue:": {}}"#, "no condition operator", ".ForAnyValue:"),
        (#"{"ForAnyValue:ForAllValues:Bool": {}}"#, "no condition operator", ".ForAnyValue:ForAllValues:Bool"),
        (#"{"BoolIfExistsIfExists": {}}"#, "no condition operator", ".BoolIfExistsIfExists"),
        (#"{"NullIfExists": {}}"#, "Null itself asks", ".NullIfExists"),
        (#"{"IfExists": {}}"#, "no condition operator", ".IfExists"),
        (#"{"Bool": "x"}"#, "the operator Bool must be an object", ".Bool"),
        (#"{"Bool": {"SecureTransport": "x"}}"#, "is no condition key", ".Bool.SecureTransport"),
        (#"{"Bool": {":a": "x"}}"#, "is no condition key", ".Bool.:a"),
        (#"{"Bool": {"aws:": "x"}}"#, "is no condition key", ".Bool.aws:"),
        (#"{"Bool": {"aws:SecureTransport": null}}"#, "not null", ".Bool.aws:SecureTransport"),
        (#"{"Bool": {"aws:SecureTransport": {}}}"#, "not an object", ".Bool.aws:SecureTransport"),
        (#"{"Bool": {"aws:SecureTransport": [true, [true]]}}"#, "not an array", ".Bool.aws:SecureTransport[1]"),
        (#"{"StringLike": {"kms:RequestAlias": "${aws:username"}}"#, "not well-formed", ".StringLike.kms:RequestAlias"),
        (#"{"StringLike": {"kms:RequestAlias": "${}"}}"#, "not well-formed", ".StringLike.kms:RequestAlias"),
        (#"{"StringLike": {"kms:RequestAlias": "${a:b, x}"}}"#, "not well-formed", ".StringLike.kms:RequestAlias"),
        (#"{"StringLike": {"kms:RequestAlias": "${a:b, 'x}"}}"#, "not well-formed", ".StringLike.kms:RequestAlias"),
        (#"{"StringLike": {"kms:RequestAlias": "${a:b, 'x' y}"}}"#, "not well-formed", ".StringLike.kms:RequestAlias"),
        (#"{"Null": {"kms:RequestAlias": "${aws:TagKeys}"}}"#, "several values", ".Null.kms:RequestAlias"),
        (
            #"{"StringLike": {"kms:RequestAlias": ["a", "${kms:EncryptionContextKeys}"]}}"#, "several values",
            ".StringLike.kms:RequestAlias[1]"
        ),
    ])
    func `that means nothing is refused`(json: String, message: String, path: String) throws {
        let error = try #require(throws: PolicyError.self) { try conditions(json) }
        #expect(error.message.contains(message), "\(error)")
        #expect(error.place.path == "Statement.Condition\(path)")
    }

    @Test(arguments: ["kms:EncryptionContext:tenant", "KMS:encryptioncontext:Tenant", "aws:RequestTag/team"])
    func `that a request without what it is about fulfils is refused in key policies`(key: String) throws {
        for form in ["ForAllValues:StringEquals", "ForAllValues:StringLikeIfExists", "ForAllValues:StringNotEquals"] {
            let json = #"{"\#(form)": {"\#(key)": "x"}}"#
            let error = try #require(throws: PolicyError.self) { try conditions(json) }
            #expect(error.message.hasPrefix("OverlyPermissiveCondition: "))
            #expect(error.place.path == "Statement.Condition.\(form).\(key)")
            #expect(try conditions(json, as: .identity).count == 1)
        }
        #expect(try conditions(#"{"ForAnyValue:StringEquals": {"\#(key)": "x"}}"#).count == 1)
        #expect(try conditions(#"{"StringEquals": {"\#(key)": "x"}}"#).count == 1)
    }

    @Test func `about a set's keys may be for all of them`() throws {
        let json = #"{"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "a", "aws:TagKeys": "b"}}"#
        #expect(try conditions(json).count == 2)
    }

    @Test func `has no variables in operators that take none`() throws {
        let json =
            #"{"NumericEquals": {"kms:RotationPeriodInDays": "${"}, "IpAddress": {"aws:SourceIp": "${aws:TagKeys}"}}"#
        #expect(try conditions(json).count == 2)
    }
}
