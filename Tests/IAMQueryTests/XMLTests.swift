import SecureMemory
import Testing

@testable import IAMQuery

@Suite struct `Answers in XML` {
    private func written(_ nodes: [XMLNode]) -> String {
        String(decoding: XMLWriter.write("R", namespace: "urn:n", nodes), as: UTF8.self)
    }

    @Test func `elements nest and text is escaped`() {
        let text = written([
            .element("A", .text("B", "<&>\"'"), nil, .flag("C", true)), .list("L", ["x", "y"]), .element("E", []),
        ])
        #expect(
            text == """
                <R xmlns="urn:n"><A><B>&lt;&amp;&gt;&quot;&#39;</B><C>true</C></A>\
                <L><member>x</member><member>y</member></L><E></E></R>
                """)
    }

    @Test func `any text comes back as it was, but for what XML cannot have`() throws {
        let text = "\t\r\n\u{85}é🔑]]>\u{2028}&amp;"
        #expect(try Element(parsing: written([.text("T", text)]))["T"]?.text == text)
        #expect(try Element(parsing: written([.text("T", "a\u{0}\u{8}\u{1b}\u{fffe}b")]))["T"]?.text == "a����b")
    }

    @Test func `a secret is written as it is`() throws {
        final class Owner: Sendable {
            let secret = SecretBytes(copying: Array("a+/<b".utf8))
        }
        let node = XMLNode.secret("S", of: Owner()) { $0.secret.withExposedBytes($1) }
        #expect(try Element(parsing: written([node]))["S"]?.text == "a+/<b")
    }

    @Test func `documents are percent-encoded but for the unreserved characters`() throws {
        let document = #"{"a": ["é~-._+*"]}"#
        let text = try Element(parsing: written([.document("D", document)]))["D"]?.text
        #expect(text == "%7B%22a%22%3A%20%5B%22%C3%A9~-._%2B%2A%22%5D%7D")
    }

    @Test func `an error names whose fault it is`() throws {
        let error = QueryError("NoSuchEntity", status: 404, "The user with name <x> cannot be found.")
        let answer = QueryAnswer(error, of: .iam, requestID: "r-1")
        #expect(answer.status == 404)
        #expect(
            String(decoding: answer.body, as: UTF8.self) == """
                <ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>\
                <Code>NoSuchEntity</Code><Message>The user with name &lt;x&gt; cannot be found.</Message></Error>\
                <RequestId>r-1</RequestId></ErrorResponse>
                """)
        let fault = QueryAnswer(QueryError("ServiceFailure", status: 500, ""), of: .sts, requestID: "r-2")
        #expect(String(decoding: fault.body, as: UTF8.self).contains("<Type>Receiver</Type>"))
        #expect(String(decoding: fault.body, as: UTF8.self).contains("https://sts.amazonaws.com/doc/2011-06-15/"))
    }
}
