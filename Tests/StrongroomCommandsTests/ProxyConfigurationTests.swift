import HTTPFront
import Testing
import XKSProxy

@testable import StrongroomCommands

@Suite struct `xksProxy in strongroom.yaml` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func proxy(_ line: String) throws -> XKSProxyConfiguration? {
        let text = """
            account: "111122223333"
            regions: [us-east-1]
            listen: 127.0.0.1:8470
            hsm: {module: /m.so, token: 'pkcs11:token=a', pin: {file: pin}}
            \(line)
            """
        try folder.write(text, to: "strongroom.yaml")
        return try ServerConfiguration.load(folder.state).proxyConfiguration(in: folder.state)
    }

    @Test func `is not needed, and has a deadline that AWS KMS waits for`() throws {
        #expect(try proxy("") == nil)
        let found = try #require(try proxy("xksProxy: {listen: '127.0.0.1:8471'}"))
        #expect(found.place.port == 8471 && found.deadline == .milliseconds(150))
        let other = try #require(try proxy("xksProxy: {listen: '[::1]:0', deadlineMilliseconds: 100}"))
        #expect(other.place.host == "::1" && other.deadline == .milliseconds(100))
    }

    @Test(arguments: [
        ("{listen: '127.0.0.1:1', deadline: 5}", "xksProxy.deadline"),
        ("{listen: '127.0.0.1:1', deadlineMilliseconds: 5}", "deadlineMilliseconds"),
        ("{listen: here}", "HOST:PORT"), ("{deadlineMilliseconds: 100}", "listen"),
        ("{listen: '127.0.0.1:1', tls: {certificate: a}}", "key"),
        ("{listen: '127.0.0.1:1', tls: {certificate: a, key: b}}", "TLS files"),
        ("{listen: '127.0.0.1:1', tls: {certificate: a, key: b, clientSubject: c}}", "clientAuthority"),
        ("{listen: '127.0.0.1:1', tls: {certificate: a, key: b, clientAuthority: c}}", "clientSubject"),
    ])
    func `that makes no sense is told where`(line: String, part: String) throws {
        let error = #expect(throws: CommandFailure.self) { _ = try proxy("xksProxy: " + line) }
        let text = "\(error?.message ?? "") \(error?.hint ?? "")"
        #expect(text.contains(part), "\(text)")
    }
}
