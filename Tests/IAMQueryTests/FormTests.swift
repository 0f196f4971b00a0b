import KMSCore
import Testing

@testable import IAMQuery

@Suite struct `The form` {
    private func read(_ text: String) throws -> QueryForm { try QueryForm(parsing: Array(text.utf8)) }

    private func problem(_ bytes: [UInt8]) -> QueryError? {
        do {
            _ = try QueryForm(parsing: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func `plus is a blank and percent a byte of UTF-8`() throws {
        let form = try read("A=b+c%2Bd&%C3%A9=%F0%9F%94%91&Empty=")
        #expect(form["A"] == "b c+d")
        #expect(form["é"] == "🔑")
        #expect(form["Empty"] == "")
        #expect(form["a"] == nil)
    }

    @Test func `an empty body has no parameters`() throws {
        #expect(try read("") == read(""))
        #expect(try read("").bytes.isEmpty)
    }

    @Test(arguments: [
        "A=1&A=2", "A=1&%41=2", "=1", "A", "A=1&", "&A=1", "A=1&&B=2", "A=%", "A=%4", "A=%zz", "A=%+1", "A=%C3",
        "A=%ED%A0%80", "A=%C0%80", "A=a b", "A=é", "A=\u{0}", "A=\n",
    ])
    func `what no SDK writes is refused and told where it is`(_ text: String) throws {
        let error = try #require(problem(Array(text.utf8)))
        #expect(error.code == "MalformedQueryString")
        #expect(error.message.contains("byte ") || error.message.contains("twice") || error.message.contains("'&'"))
    }

    @Test func `every byte that is not printable ASCII has to be encoded`() {
        for byte in UInt8.min...UInt8.max {
            let isTaken = problem(Array("A=".utf8) + [byte]) == nil
            // An '&' there ends the pair, and the body with it.
            let expected = (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "%") && byte != UInt8(ascii: "&")
            #expect(isTaken == expected, "byte \(byte)")
        }
    }

    @Test func `five hundred parameters are read and no more`() {
        let pairs = (1...501).map { "P\($0)=" }
        #expect(problem(Array(pairs.dropLast().joined(separator: "&").utf8)) == nil)
        #expect(problem(Array(pairs.joined(separator: "&").utf8))?.message.contains("500") == true)
    }

    @Test func `a name has 256 bytes at most`() {
        let name = String(repeating: "n", count: 256)
        #expect(problem(Array("\(name)=".utf8)) == nil)
        #expect(problem(Array("\(name)n=".utf8)) != nil)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["&", "A=&", "%", "+", "A=%41&", "A"])
    func `a megabyte of anything is answered at once`(_ unit: String) {
        let count = (1 << 20) / unit.utf8.count
        #expect(problem(Array(String(repeating: unit, count: count).utf8)) != nil)
    }

    @Test func `what is read is written as it was`() throws {
        let form = try read("B=%E2%82%AC+%26&A.member.1=~-._&C=%00%7F")
        #expect(String(decoding: form.bytes, as: UTF8.self) == "A.member.1=~-._&B=%E2%82%AC%20%26&C=%00%7F")
        #expect(try QueryForm(parsing: form.bytes) == form)
    }

    @Test func `the service is found by its version alone`() {
        #expect(QueryService(of: Array("Action=GetUser&Version=2010-05-08".utf8)) == .iam)
        #expect(QueryService(of: Array("Version=2011-06-15&Action=AssumeRole".utf8)) == .sts)
        for text in [
            "", "Action=GetUser", "Version=2014-11-01", "Version=2010-05-08x", "AVersion=2010-05-08", "Version=",
        ] {
            #expect(QueryService(of: Array(text.utf8)) == nil)
        }
    }
}
