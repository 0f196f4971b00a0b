import KMSCore
import Testing

@testable import IAMQuery

@Suite struct `Parameters` {
    private func reader(_ text: String) throws -> ParameterReader {
        ParameterReader(try QueryForm(parsing: Array(text.utf8)))
    }

    private func tags(_ text: String) throws -> [KMSCore.Tag] {
        var reader = try reader(text)
        return try reader.tags()
    }

    private func violations(_ text: String) throws -> [String] {
        var reader = try reader(text)
        _ = try reader.tags()
        return reader.violations.map(\.text)
    }

    @Test func `tags are read in their order`() throws {
        let text = "Tags.member.2.Key=b&Tags.member.1.Value=1&Tags.member.1.Key=a&Tags.member.2.Value="
        #expect(try tags(text) == [KMSCore.Tag(key: "a", value: "1"), KMSCore.Tag(key: "b", value: "")])
    }

    @Test func `a list without elements is its name alone`() throws {
        #expect(try tags("Tags=").isEmpty)
        #expect(try tags("Other=").isEmpty)
    }

    @Test func `more than nine elements are in the order of their numbers`() throws {
        let text = (1...12).map { "Tags.member.\($0).Key=k\($0)&Tags.member.\($0).Value=" }.joined(separator: "&")
        #expect(try tags(text).map(\.key) == (1...12).map { "k\($0)" })
    }

    @Test(arguments: [
        "Tags=x", "Tags=&Tags.member.1.Key=a", "Tags.member.1=a", "Tags.1.Key=a", "Tags.member.0.Key=a",
        "Tags.member.01.Key=a", "Tags.member.-1.Key=a", "Tags.member.+1.Key=a", "Tags.member.2.Key=a",
        "Tags.member.1.Key=a&Tags.member.3.Key=b", "Tags.member.1.key=a", "Tags.member.1.Key.member.1.Key=a",
        "Tags.member.1.Key.=a", "Tags.member..Key=a", "Tags.member.99999999999999999999.Key=a", "Tags.=a",
        "Tags.members.1.Key=a", "Tags.member.1.Extra=a", "Tags.entry.1.Key=a",
    ])
    func `elements that are out of place are refused`(_ text: String) {
        #expect(throws: QueryError.self) { try tags(text) }
    }

    @Test func `fifty tags are allowed and no more`() throws {
        let all = (1...51).map { "Tags.member.\($0).Key=k\($0)&Tags.member.\($0).Value=v" }
        #expect(try violations(all.dropLast().joined(separator: "&")).isEmpty)
        #expect(try violations(all.joined(separator: "&")).contains { $0.contains("length less than or equal to 50") })
    }

    @Test func `a tag without its value is told by its place`() throws {
        #expect(
            try violations("Tags.member.1.Key=a") == [
                "Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null"
            ])
    }

    @Test func `tags have letters, blanks, digits and a few signs`() throws {
        #expect(try violations("Tags.member.1.Key=%C3%A9+1_.:/%3D%2B-%40&Tags.member.1.Value=%E4%B8%AD").isEmpty)
        #expect(try !violations("Tags.member.1.Key=a%0A&Tags.member.1.Value=").isEmpty)
        #expect(try !violations("Tags.member.1.Key=a%26b&Tags.member.1.Value=").isEmpty)
        #expect(try !violations("Tags.member.1.Key=&Tags.member.1.Value=").isEmpty)
    }

    @Test(arguments: ["", "1.0", "0x1", "+1", "-1", " 1", "9999999999", "one"])
    func `what is no whole number is refused`(_ text: String) throws {
        var reader = try reader("MaxItems=\(PercentCoding.encode(text))")
        #expect(throws: QueryError.self) { try reader.integer("MaxItems", in: 1...1000) }
    }

    @Test(arguments: ["True", "1", "yes", ""])
    func `a flag is true or false`(_ text: String) throws {
        var reader = try reader("SetAsDefault=\(text)")
        #expect(throws: QueryError.self) { try reader.flag("SetAsDefault") }
    }

    @Test func `all violations are told at once`() {
        let error = refusal("Action=CreateUser&Version=2010-05-08&UserName=a+b&Path=x&PermissionsBoundary=short")
        #expect(error?.code == "ValidationError")
        #expect(error?.status == 400)
        #expect(
            error?.message == """
                3 validation errors detected: Value 'a b' at 'userName' failed to satisfy constraint: Member must \
                satisfy regular expression pattern: [\\w+=,.@-]+; Value 'x' at 'path' failed to satisfy constraint: \
                Member must satisfy regular expression pattern: (\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F); Value \
                'short' at 'permissionsBoundary' failed to satisfy constraint: Member must have length greater than or \
                equal to 20
                """)
    }

    @Test func `a missing parameter is null`() {
        #expect(
            refusal("Action=DeleteUser&Version=2010-05-08")?.message
                == "1 validation error detected: Value null at 'userName' failed to satisfy constraint: "
                + "Member must not be null"
        )
    }

    @Test func `a value is not repeated at length, and a code not at all`() {
        let long = String(repeating: "a", count: 10000)
        let error = refusal("Action=GetUser&Version=2010-05-08&UserName=\(long)")
        #expect((error?.message.count ?? 10000) < 600)
        let code = refusal(
            "Action=EnableMFADevice&Version=2010-05-08&UserName=a&SerialNumber=123456789&AuthenticationCode1=secret1"
                + "&AuthenticationCode2=123456")
        #expect(code?.code == "ValidationError")
        #expect(code?.message.contains("authenticationCode1") == true)
        #expect(code?.message.contains("secret1") == false)
    }

    @Test(arguments: [
        ("/", true), ("/a/", true), ("/a/b/", true), ("/!~/", true), ("", false), ("a", false), ("/a", false),
        ("a/", false), ("/a b/", false), ("/é/", false), ("//", false), (String(repeating: "/", count: 513), false),
    ])
    func `a path begins and ends with a slash`(_ path: String, _ isTaken: Bool) {
        #expect(ParameterShape.path.failures(of: path).isEmpty == isTaken)
    }

    @Test(arguments: [("v1", true), ("v12.a-B", true), ("v0", false), ("1", false), ("v", false), ("v1_", false)])
    func `a version is a v and a number`(_ version: String, _ isTaken: Bool) {
        #expect(ParameterShape.policyVersion.failures(of: version).isEmpty == isTaken)
    }

    @Test func `no operation traps whatever its parameters are`() {
        let values = ["", "a", "%F0%9F%94%91", "-1", "true", "/", String(repeating: "x", count: 3000)]
        let names = ["UserName", "RoleName", "PolicyArn", "MaxItems", "Tags.member.1.Key", "TagKeys.member.1", "Path"]
        for request in QueryOperations.requests {
            for value in values {
                let pairs = names.map { "\($0)=\(value)" }.joined(separator: "&")
                let text = "Action=\(request.action)&Version=\(request.service.version)&\(pairs)"
                _ = QueryDecoder.accepts(Array(text.utf8))
            }
        }
    }
}
