import HTTPFront
import KMSCore
import NIOSSL
import Testing

@testable import KMSServer

@Suite struct `A server is set up safely or not at all` {
    private let regions = Set([Region("eu-central-1")].compactMap(\.self))

    @Test(arguments: ["127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1", "localhost"])
    func `plain HTTP on loopback`(host: String) throws {
        try KMSServerConfiguration(host: host, regions: regions).check()
    }

    @Test(arguments: ["0.0.0.0", "::", "192.168.1.1", "127.example.com", "kms.example.com", "::ffff:127.0.0.1", ""])
    func `no plain HTTP elsewhere`(host: String) {
        #expect(throws: ServerSetupError.plainHTTPBeyondLoopback(host: host)) {
            try KMSServerConfiguration(host: host, regions: regions).check()
        }
    }

    @Test func `the error says what to do`() {
        let error = ServerSetupError.plainHTTPBeyondLoopback(host: "0.0.0.0")
        #expect("\(error)".contains("0.0.0.0"))
        #expect(error.hint.contains("TLS certificate") && error.hint.contains("127.0.0.1"))
    }

    @Test func `with TLS, anywhere`() throws {
        let tls = TLSConfiguration.makeClientConfiguration()
        try KMSServerConfiguration(host: "0.0.0.0", tls: tls, regions: regions).check()
    }

    @Test func `a Region at least`() {
        #expect(throws: ServerSetupError.noRegion) { try KMSServerConfiguration(regions: []).check() }
    }
}
