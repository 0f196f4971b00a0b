import HTTPFront
import HTTPTypes
import HummingbirdTesting
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import KMSServer

@Suite struct `Over TLS` {
    private func server() async throws -> TestServer {
        let certificate = try NIOSSLCertificate(bytes: Array(TestCertificate.certificate.utf8), format: .pem)
        let key = try NIOSSLPrivateKey(bytes: Array(TestCertificate.privateKey.utf8), format: .pem)
        return try await TestServer { configuration in
            configuration.tls = .makeServerConfiguration(
                certificateChain: [.certificate(certificate)], privateKey: .privateKey(key)
            )
            configuration.limits.arrivalTimeout = .milliseconds(400)
            configuration.limits.lingerTimeout = .milliseconds(400)
        }
    }

    /// The client takes any certificate: what is looked at is the server.
    private func connect(_ client: SignedClient) async throws -> RawConnection {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        return try await RawConnection.open(
            port: client.client.port, tls: try NIOSSLContext(configuration: configuration))
    }

    @Test func `requests are served`() async throws {
        try await server().serving { client, _ in
            let connection = try await connect(client)
            let fields = client.headers("ListKeys", []).map { "\($0.name.rawName): \($0.value)\r\n" }.joined()
            try await connection.send("POST / HTTP/1.1\r\nHost: localhost\r\n\(fields)Content-Length: 0\r\n\r\n")
            #expect(await connection.hasReceived(#""Truncated":false"#))
        }
    }

    @Test func `a body that is declared too long is refused, and the connection closed`() async throws {
        try await server().serving { client, _ in
            let connection = try await connect(client)
            try await connection.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n")
            #expect(await connection.hasReceived("RequestEntityTooLargeException"))
            #expect(await connection.isClosed(within: .seconds(5)))
        }
    }

    @Test func `plain HTTP gets no answer, and a handshake that stops is ended`() async throws {
        try await server().serving { client, _ in
            let plain = try await client.connect()
            try await plain.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(await plain.isClosed(within: .seconds(5)))
            #expect(!plain.text.contains("HTTP/1.1 200"))
            let silent = try await client.connect()
            #expect(await silent.isClosed(within: .seconds(5)))
        }
    }
}

/// A certificate for localhost, made for these tests and used nowhere else.
private enum TestCertificate {
    static let privateKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTds3EIhneOY8DU5S
        OSva85mos/qhAxtI1nUCpzguwPChRANCAARSzHztCo2TDl2JvSiOqtesswfv9xkf
        yWAE3onpWUcW3t9A9iTYQSrLtZXSfnw3GeVySbHWD5DSD7m+3N5KJUP8
        -----END PRIVATE KEY-----
        """

    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAUGgAwIBAgIUUytHgbOFm1du9frVYAJcE/lXjPowCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA1MTc1M1oYDzIxMjYxMDI4
        MDUxNzUzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAARSzHztCo2TDl2JvSiOqtesswfv9xkfyWAE3onpWUcW3t9A9iTYQSrL
        tZXSfnw3GeVySbHWD5DSD7m+3N5KJUP8o28wbTAdBgNVHQ4EFgQUYznRCG3tETY9
        JBDglSt0X/YhmAUwHwYDVR0jBBgwFoAUYznRCG3tETY9JBDglSt0X/YhmAUwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDRwAwRAIgDFi2XLMwNTaRr7d5CBO4zDOaGCXiK5hie78aU5eymdACIBRj
        6sOWc7y2fePd4Y0FpAtZFZM0pWpc6qLop4zVNR8G
        -----END CERTIFICATE-----
        """
}
