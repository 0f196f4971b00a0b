import SigV4
import Testing

@testable import KMSAPIClient

@Suite struct `Answers in XML` {
    private func parse(_ text: String) throws -> XMLElement { try XMLElement(parsing: Array(text.utf8)) }

    @Test func `are elements with text or elements in them`() throws {
        let answer = try parse(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <ListUsersResponse xmlns='https://iam.amazonaws.com/doc/2010-05-08/'>
              <ListUsersResult>
                <Users>
                  <member><UserName>ann</UserName><Path>/a/</Path></member>
                  <member><UserName>ben</UserName></member>
                </Users>
                <Groups/>
                <IsTruncated >false</IsTruncated >
              </ListUsersResult>
            </ListUsersResponse>

            """)
        let result = try #require(answer["ListUsersResult"])
        #expect(result.members("Users").map { $0.text("UserName") } == ["ann", "ben"])
        #expect(result.members("Groups").isEmpty && result.members("Roles").isEmpty)
        #expect(result.text("IsTruncated") == "false" && result.text("Marker") == nil)
    }

    @Test(arguments: [
        ("&amp;&lt;&gt;&quot;&apos;", "&<>\"'"), ("&#65;&#x42;&#x1F511;", "AB🔑"), ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("&#13;&#10;&#9;", "\r\n\t"), ("é🔑", "é🔑"), ("", ""), (" a ", " a "), ("&amp;lt;", "&lt;"),
    ])
    func `give text as it is meant`(written: String, meant: String) throws {
        #expect(try parse("<a>\(written)</a>").text == meant)
    }

    @Test(arguments: [
        "", "text", "<a>", "<a></b>", "<a></a><b></b>", "<a></a>x", "<a><b></a></b>", "<a>x<b></b></a>", "<a b></a>",
        "<a b=c></a>", "<a b=\"c></a>", "<ab=\"c\"></ab>", "<a>&nbsp;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>",
        "<a>&#x110000;</a>", "<a>&#99999999999999;</a>", "<a>&</a>", "<a>& </a>", "<a><!-- x --></a>",
        "<!DOCTYPE a><a></a>", "<a><![CDATA[x]]></a>", "<a><?php ?></a>", "<a>\u{1}</a>", "<a/", "</a>", "< a></a>",
        "<?xml <a></a>",
    ])
    func `are refused if they are anything else`(text: String) {
        #expect(throws: XMLError.self) { try parse(text) }
    }

    @Test func `are refused if they are no UTF-8, or nested too deeply`() {
        #expect(throws: XMLError.self) { try XMLElement(parsing: Array("<a>".utf8) + [0xff] + Array("</a>".utf8)) }
        let deep = String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40)
        #expect(throws: XMLError.self) { try parse(deep) }
    }

    @Test func `are refused without quoting them`() {
        #expect(throws: XMLError("an element ends that did not begin", at: 21)) {
            try parse("<Secret>abc</Mistaken>")
        }
    }

    @Test func `can be errors`() throws {
        let body = """
            <ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>\
            <Code>NoSuchEntity</Code><Message>The user with name ann cannot be found.</Message></Error>\
            <RequestId>id-1</RequestId></ErrorResponse>
            """
        #expect(
            KMSAPIError(httpStatus: 404, xml: Array(body.utf8), requestID: nil)
                == KMSAPIError(
                    code: "NoSuchEntity", message: "The user with name ann cannot be found.", requestID: "id-1",
                    httpStatus: 404))
        #expect(
            KMSAPIError(httpStatus: 502, xml: Array("<html>".utf8), requestID: "id-2")
                == KMSAPIError(code: "HTTP 502", message: "", requestID: "id-2", httpStatus: 502))
    }
}

@Suite struct `A call of the query protocol` {
    @Test func `is a form with its action and version`() {
        let call = QueryCall("CreateUser", ["UserName": "a b+é", "Path": nil, "Tags.member.1.Key": "k"])
        #expect(
            String(decoding: call.body, as: UTF8.self)
                == "Action=CreateUser&Tags.member.1.Key=k&UserName=a%20b%2B%C3%A9&Version=2010-05-08")
        #expect(
            String(decoding: QueryCall("GetCallerIdentity", of: .sts).body, as: UTF8.self)
                == "Action=GetCallerIdentity&Version=2011-06-15")
    }

    private func place(_ api: QueryAPI, _ region: String, _ url: String? = nil) throws -> String {
        let environment = [
            "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": region,
            "AWS_ENDPOINT_URL": url ?? "",
        ]
        let configuration = try ConfigurationResolver(environment: environment) { _ in nil }.resolve()
        let (place, signed) = try configuration.place(of: api)
        return "\(place.url) \(signed)"
    }

    @Test func `goes to the server that was named, and else to where AWS has the API`() throws {
        #expect(try place(.iam, "eu-west-1", "http://127.0.0.1:8470") == "http://127.0.0.1:8470/ eu-west-1")
        #expect(try place(.iam, "eu-west-1") == "https://iam.amazonaws.com/ us-east-1")
        #expect(try place(.sts, "eu-west-1") == "https://sts.eu-west-1.amazonaws.com/ eu-west-1")
        #expect(try place(.iam, "cn-northwest-1") == "https://iam.cn-north-1.amazonaws.com.cn/ cn-north-1")
    }
}
