import FoundationEssentials
import Testing

@testable import KMSWire

@Suite struct `What is no JSON of ours is a SerializationException` {
    private func expectRefused<R: WireRequest>(_ type: R.Type, _ body: String, naming part: String) {
        let error = refusal(type, body)
        #expect(error?.code == "SerializationException" && error?.status == 400)
        #expect(error?.message?.contains(part) == true, "\(error?.message ?? "nothing") for \(body.prefix(80))")
    }

    @Test(arguments: [
        "{", "}", "[]", "null", "\"a\"", "1", "x", "{a:1}", #"{"a":1,}"#, #"{"a":[1,]}"#, #"{"a"}"#, #"{"a":}"#,
        #"{"a":1}x"#,
        #"{"a":01}"#, #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":1e}"#, #"{"a":-}"#, #"{"a":+1}"#, #"{"a":"\q"}"#,
        #"{"a":"\u12g4"}"#,
        "{\"a\":\"\n\"}", #"{"a":"b}"#, #"{"a":tru}"#, #"{"a":nul"#, "{'a':1}", "\u{feff}{}", #"{"a":NaN}"#,
        #"{"\ud800":1,"é":2}"#, " ",
        #"{"a":1 "b":2}"#, "{}{}", #"{"a":"\"#, "{\"a\u{0}\":1}",
    ])
    func `malformed JSON`(body: String) {
        expectRefused(ListKeysRequest.self, body, naming: "JSON")
    }

    @Test(arguments: ["{ }", "\t\r\n {\"a\" : [ ] , \"b\":{ } }  ", #"{"a":-0.5E-3,"b":0,"c":[[],[{}]]}"#, #"{"":1}"#])
    func `well-formed JSON`(body: String) throws {
        _ = try decode(ListKeysRequest.self, body)
    }

    @Test func `other encodings than UTF-8`() {
        for bytes in [
            [0x7b, 0x00, 0x7d, 0x00], [0xfe, 0xff, 0, 0x7b, 0, 0x7d], [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d],
        ] as [[UInt8]] {
            #expect(throws: WireError.self) { try ListKeysRequest(decoding: bytes) }
        }
    }

    @Test(arguments: [
        #"{"KeyId":"a","Plaintext":"AA==","KeyId":"a"}"#,
        #"{"KeyId":"a","Plaintext":"AA==","\u004beyId":"b"}"#,
        #"{"\u004beyId":"a","Plaintext":"AA==","KeyId":"b"}"#,
        #"{"KeyId":"a","Plaintext":"AA==","EncryptionContext":{"a":"1","a":"2"}}"#,
        #"{"KeyId":"a","Plaintext":"AA==","EncryptionContext":{"a":"1","\u0061":"2"}}"#,
        #"{"KeyId":"a","Plaintext":"AA==","Unknown":[{"x":{"y":1,"y":1}}]}"#,
        #"{"KeyId":"a","Plaintext":"AA==","EncryptionContext":{"😀":"1","\ud83d\ude00":"2"}}"#,
    ])
    func `a name that is there twice, at any level and however it is spelt`(body: String) {
        expectRefused(EncryptRequest.self, body, naming: "twice")
    }

    @Test func `a name that is another to AWS, but the same to a Swift dictionary`() {
        let precomposed = "\u{e9}"
        let decomposed = "e\u{301}"
        expectRefused(
            EncryptRequest.self,
            #"{"KeyId":"a","Plaintext":"AA==","EncryptionContext":{"\#(precomposed)":"1","\#(decomposed)":"2"}}"#,
            naming: "twice"
        )
    }

    @Test(arguments: [2, 16, 17, 18, 400])
    func `twins are found among any number of names`(count: Int) throws {
        let pairs = (0..<count).map { #""name\#($0)":"v""# }
        let body = { (pairs: [String]) in
            #"{"KeyId":"a","Plaintext":"AA==","EncryptionContext":{\#(pairs.joined(separator: ","))}}"#
        }
        #expect(try decode(EncryptRequest.self, body(pairs)).context.count == count)
        for twin in [0, count / 2, count - 1] {
            expectRefused(EncryptRequest.self, body(pairs + [pairs[twin]]), naming: "'name\(twin)'")
        }
    }

    @Test func `a megabyte of names takes no time to speak of`() throws {
        let names = (0..<100_000).map { #""\#(String($0, radix: 36))":0"# }.joined(separator: ",")
        let time = try ContinuousClock().measure { try decode(ListKeysRequest.self, #"{"x":{\#(names)}}"#) }
        // Comparing each with each takes minutes.
        #expect(time < .seconds(20))
    }

    @Test func `a name may be in two objects, and be a prefix of another`() throws {
        let body = #"{"KeyId":"a","Plaintext":"AA==","EncryptionContext":{"KeyId":"1","K":"2","Key":"3","a\"b":"4"}}"#
        #expect(try decode(EncryptRequest.self, body).context.count == 4)
    }

    @Test func `depth is bounded`() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            #"{"x":"# + String(repeating: open, count: depth - 1) + "1" + String(repeating: close, count: depth - 1)
                + "}"
        }
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            #expect(throws: Never.self) { try decode(ListKeysRequest.self, nested(32, open, close)) }
            expectRefused(ListKeysRequest.self, nested(33, open, close), naming: "deep")
            expectRefused(ListKeysRequest.self, nested(100_000, open, close), naming: "deep")
        }
    }

    @Test func `members of another type are named`() {
        expectRefused(EncryptRequest.self, #"{"KeyId":1,"Plaintext":"AA=="}"#, naming: "'KeyId' must be a string")
        expectRefused(EncryptRequest.self, #"{"KeyId":"a","Plaintext":["AA=="]}"#, naming: "'Plaintext'")
        expectRefused(
            EncryptRequest.self, #"{"KeyId":"a","Plaintext":"AA==","EncryptionContext":[]}"#,
            naming: "'EncryptionContext'")
        expectRefused(
            EncryptRequest.self, #"{"KeyId":"a","Plaintext":"AA==","EncryptionContext":{"a":1}}"#,
            naming: "'EncryptionContext'")
        expectRefused(
            EncryptRequest.self, #"{"KeyId":"a","Plaintext":"AA==","EncryptionContext":{"a":null}}"#,
            naming: "'EncryptionContext'")
        expectRefused(
            EncryptRequest.self, #"{"KeyId":"a","Plaintext":"AA==","DryRun":"true"}"#,
            naming: "'DryRun' must be true or false")
        expectRefused(EncryptRequest.self, #"{"KeyId":"a","Plaintext":"AA==","DryRun":1}"#, naming: "'DryRun'")
        expectRefused(ListKeysRequest.self, #"{"Limit":"7"}"#, naming: "'Limit' must be an integer")
        expectRefused(ListKeysRequest.self, #"{"Limit":1.5}"#, naming: "'Limit'")
        expectRefused(ListKeysRequest.self, #"{"Limit":1e99}"#, naming: "'Limit'")
        expectRefused(ListKeysRequest.self, #"{"Limit":99999999999999999999}"#, naming: "'Limit'")
        expectRefused(TagResourceRequest.self, #"{"KeyId":"a","Tags":{"a":"b"}}"#, naming: "'Tags'")
        expectRefused(TagResourceRequest.self, #"{"KeyId":"a","Tags":[null]}"#, naming: "'Tags'")
        expectRefused(UntagResourceRequest.self, #"{"KeyId":"a","TagKeys":"b"}"#, naming: "'TagKeys'")
        expectRefused(DescribeKeyRequest.self, #"{"KeyId":"\ud800"}"#, naming: "'KeyId'")
    }

    @Test(arguments: [
        "A", "AA", "AAA", "AA=", "AA==AA==", "A A=", "-_==", "AA==\\n", "====", "AA=A", "AAAA====", "=AAA", "\u{e9}",
    ])
    func `blobs that are not base64 are named`(text: String) {
        expectRefused(
            DecryptRequest.self, #"{"CiphertextBlob":"\#(text)"}"#, naming: "'CiphertextBlob' is not valid base64")
        expectRefused(
            EncryptRequest.self, #"{"KeyId":"a","Plaintext":"\#(text)"}"#, naming: "'Plaintext' is not valid base64")
    }

    @Test func `a type comes before a constraint`() {
        expectRefused(EncryptRequest.self, #"{"KeyId":"","Plaintext":1}"#, naming: "'Plaintext'")
    }

    @Test func `no error quotes a secret`() throws {
        let secret = "c2VjcmV0IHNlY3JldCBzZWNyZXQ"
        for body in [
            #"{"Plaintext":"\#(secret)","KeyId":"a"}"#, #"{"Plaintext":["\#(secret)"],"KeyId":"a"}"#,
            #"{"KeyId":"","Plaintext":"\#(secret)="}"#,
        ] {
            let error = try #require(refusal(EncryptRequest.self, body))
            #expect(!"\(error)".contains(secret) && !"\(error)".contains("secret secret"))
        }
    }

    @Test func `whatever the bytes, an answer comes`() {
        var generator = SystemRandomNumberGenerator()
        let seeds = [
            #"{"KeyId":"a","Plaintext":"AA==","EncryptionContext":{"a":"b","\u0061b":"c"},"GrantTokens":["\#(grantToken)"]}"#
        ].map { Array($0.utf8) }
        for _ in 0..<3000 {
            var bytes = seeds[0]
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = RequestDecoder.accepts(target: "TrentService.Encrypt", body: bytes)
            _ = RequestDecoder.accepts(target: "TrentService.Decrypt", body: Array(bytes.prefix(bytes.count / 2)))
        }
    }
}
