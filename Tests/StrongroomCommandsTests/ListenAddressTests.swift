import Testing

@testable import StrongroomCommands

@Suite struct `A listen address` {
    @Test(arguments: [
        ("127.0.0.1:8470", "127.0.0.1", 8470), ("localhost:0", "localhost", 0), ("0.0.0.0:65535", "0.0.0.0", 65535),
        ("[::1]:8470", "::1", 8470), ("[::]:80", "::", 80), ("kms.example.com:443", "kms.example.com", 443),
    ])
    func `is a host and a port`(text: String, host: String, port: Int) throws {
        let address = try ListenAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test func `puts an IPv6 host in brackets, as URLs want it`() throws {
        #expect(try ListenAddress("[::1]:1").bracketedHost == "[::1]")
        #expect(try ListenAddress("127.0.0.1:1").bracketedHost == "127.0.0.1")
    }

    @Test(arguments: [
        "", "localhost", "localhost:", ":8470", "[]:8470", "localhost:65536", "localhost:-1", "[::1]", "a:b",
    ])
    func `that is none is refused, and the error shows one that is`(text: String) {
        expectFailure(saying: "'\(text)'", "127.0.0.1:8470") { _ = try ListenAddress(text) }
    }
}
