import HTTPTypes
import KMSCore
import KMSTesting
import SecureMemory
import SigV4
import Testing
import XKSCore

@testable import XKSProxy

@Suite struct `Around the XKS Proxy API` {
    private let plain = #","plaintext":"YQ==""#
    private let health = #"{"requestMetadata":{"kmsOperation":"KmsHealthCheck","kmsRequestId":"1"}}"#

    @Test func `GET of any of the four paths gets 405, signed or not`() async throws {
        try await Rig().live { client in
            for path in ["/keys/one/metadata", "/keys/one/encrypt", "/keys/one/decrypt", "/health"] {
                for method in [HTTPRequest.Method.get, .put, .delete] {
                    let answer = try await client.send(method, "/acme/kms/xks/v1" + path)
                    #expect(answer.status == 405)
                    #expect(answer.headers[.allow] == "POST")
                }
            }
        }
    }

    @Test func `ping is answered to everybody`() async throws {
        try await Rig().live { client in
            let answer = try await client.send(.get, "/ping")
            #expect(answer.status == 200)
        }
    }

    @Test(arguments: [
        "/", "/kms/xks/v1/health", "//kms/xks/v1/health", "/acme/kms/xks/v2/health", "/acme/kms/xks/v1",
        "/acme/kms/xks/v1/",
        "/acme/kms/xks/v1/health/", "/acme/kms/xks/v1/health?a=b", "/acme/kms/xks/v1/keys/one",
        "/acme/kms/xks/v1/keys//encrypt",
        "/acme/kms/xks/v1/keys/one/rotate", "/acme/kms/xks/v1/keys/a%20b/encrypt",
        "/acme/kms/xks/v1/keys/one/encrypt/more",
        "/acme/kms/xks/v1/keys/" + String(repeating: "a", count: 129) + "/encrypt",
    ])
    func `a path that is none gets InvalidUriPathException`(path: String) async throws {
        try await Rig().live { client in
            expect(try await client.send(.post, path), "InvalidUriPathException", 404)
            #expect(try await client.send(.get, path).status == 404)
        }
    }

    @Test func `a store that is not there is told to those alone who have a credential`() async throws {
        let rig = try await Rig()
        try await rig.live { client in
            let lost = client.with { $0.prefix = "/nobody/kms/xks/v1" }
            expect(try await lost.post("/health", health), "InvalidUriPathException", 404)
            expect(try await client.send(.post, "/nobody/kms/xks/v1/health"), "AuthenticationFailedException", 401)
            expect(try await client.send(.post, "/acme/kms/xks/v1/health"), "AuthenticationFailedException", 401)
        }
    }

    @Test func `a credential is good for its own store alone`() async throws {
        let rig = try await Rig()
        _ = try await Rig.newStore("other", in: rig.stores)
        try await rig.key("one", of: "other")
        try await rig.live { client in
            let astray = client.with { $0.prefix = "/other/kms/xks/v1" }
            expect(try await astray.encrypt(plain), "AuthenticationFailedException", 401)
        }
    }

    /// What anything that is wrong with a signature is answered with: what it is, is nobody's business.
    private static let refusal =
        #"{"errorName":"AuthenticationFailedException","errorMessage":"The request's signature, credential or date is "#
        + #"not valid."}"#

    @Test func `a signature of another secret, service, Region or time is refused`() async throws {
        let rig = try await Rig()
        let id = rig.credential.accessKeyID
        let wrong: [@Sendable (inout ProxyClient) -> Void] = [
            { $0.credential = SigningCredential(accessKeyID: id, secretAccessKey: "wrong") },
            { $0.credential = SigningCredential(accessKeyID: "XKSPAAAAAAAAAAAAAAAA", secretAccessKey: "wrong") },
            { $0.service = "kms" }, { $0.region = "us-east-1" }, { $0.region = "eu-west-9" }, { $0.skew = 301 },
            { $0.skew = -301 },
        ]
        try await rig.live { client in
            for change in wrong {
                let answer = try await client.with(change).encrypt(plain)
                expect(answer, "AuthenticationFailedException", 401)
                #expect(answer.body == Self.refusal)
            }
            for skew: Int64 in [299, 0, -299] {
                let answer = try await client.with { $0.skew = skew }.encrypt(plain)
                #expect(answer.status == 200)
            }
        }
    }

    @Test(
        arguments: [
            ("Authorization", nil), ("Authorization", "Basic YTpi"), ("X-Amz-Date", nil),
            ("X-Amz-Date", "20150830T123600Z"),
            ("Content-Type", "text/plain"), ("X-Amz-Security-Token", "token"),
        ] as [(String, String?)])
    func `a header that was changed under way is noticed`(name: String, value: String?) async throws {
        let field = try #require(HTTPField.Name(name))
        try await Rig().live { client in
            let answer = try await client.post("/health", health) { $0[field] = value }
            expect(answer, "AuthenticationFailedException", 401)
            #expect(answer.body == Self.refusal)
        }
    }

    @Test func `credentials come and go while requests are served`() async throws {
        let rig = try await Rig()
        try await rig.live { client in
            let issued = try await rig.stores.createCredential(of: "acme", by: Rig.context())
            let new = issued.secret.withExposedBytes {
                SigningCredential(accessKeyID: issued.id, secretAccessKey: $0)
            }
            let second = client.with { $0.credential = new }
            #expect(try await client.encrypt(plain).status == 200)
            #expect(try await second.encrypt(plain).status == 200)
            try await rig.stores.deleteCredential(rig.credential.accessKeyID, of: "acme", by: Rig.context())
            expect(try await client.encrypt(plain), "AuthenticationFailedException", 401)
            #expect(try await second.encrypt(plain).status == 200)
        }
    }

    @Test(arguments: [
        (KMSError.Code.keyUnavailable, "InternalException", 500), (.materialMissing, "InternalException", 500),
        (.internalFailure, "InternalException", 500), (.dependencyTimeout, "DependencyTimeoutException", 503),
        (.throttled, "ThrottlingException", 429), (.notFound, "KeyNotFoundException", 404),
    ])
    func `a fault of the token is told as what it is`(code: KMSError.Code, name: String, status: Int) async throws {
        let rig = try await Rig()
        try await rig.live { client in
            let sealed = try await client.encrypt(plain)
            rig.backend.setFault { _ in code == .notFound ? nil : KMSError(code, "a\u{e9}\nb", cause: "PIN") }
            guard code != .notFound else {
                return expect(try await client.encrypt(plain, key: "none"), name, status)
            }
            for answer in [try await client.encrypt(plain), try await client.decrypt(sealed.ciphertext)] {
                expect(answer, name, status)
                #expect(!answer.body.contains("PIN"), "causes are for the operator")
            }
            rig.backend.setFault(nil)
            #expect(try await client.decrypt(sealed.ciphertext).status == 200)
        }
    }

    @Test func `a token that hangs is answered for in time, and holds up nothing else`() async throws {
        let rig = try await Rig { $0.deadline = .milliseconds(150) }
        try await rig.live { client in
            rig.backend.setDelay(.seconds(3))
            let start = ContinuousClock.now
            async let late = client.encrypt(plain)
            try await Task.sleep(for: .milliseconds(20))
            #expect(try await client.send(.get, "/ping").status == 200)
            #expect(try await client.post("/health", health).status == 200)
            expect(try await late, "DependencyTimeoutException", 503)
            #expect(start.duration(to: .now) < .seconds(2))
            rig.backend.setDelay(.zero)
            let record = try #require(rig.audit.records.first { $0.name == "Encrypt" })
            #expect(record.error?.code == "DependencyTimeoutException")
        }
    }

    @Test func `while the HSM is away at the start, requests are told so and ping is answered`() async throws {
        let rig = try await Rig(isOpen: false)
        try await rig.live { client in
            #expect(try await client.send(.get, "/ping").status == 200)
            expect(try await client.encrypt(plain), "InternalException", 500)
        }
    }

    @Test func `every request whose sender is known is recorded, without a plaintext`() async throws {
        let rig = try await Rig()
        try await rig.live { client in
            let secret = base64(Array("the very secret".utf8))
            let sealed = try await client.encrypt(#","plaintext":"\#(secret)""#)
            _ = try await client.decrypt(sealed.ciphertext)
            _ = try await client.encrypt(plain, key: "none")
            _ = try await client.post("/health", health)
            _ = try await client.send(.post, "/acme/kms/xks/v1/health")
            let records = rig.audit.records
            #expect(records.map(\.name) == ["Encrypt", "Decrypt", "Encrypt", "GetHealthStatus"])
            #expect(records.map { $0.error?.code } == [nil, nil, "KeyNotFoundException", nil])
            for record in records {
                let text = String(decoding: record.json, as: UTF8.self)
                #expect(!text.contains(secret) && !text.contains("the very secret"))
                #expect(record.source == "kms-xks-proxy.amazonaws.com")
                #expect(text.contains("durationMicroseconds"))
                #expect(text.contains(#""store":"acme""#))
            }
            let first = String(decoding: records[0].json, as: UTF8.self)
            for part in ["4112f4d6-db54-4af4-ae30-c55a22a8dfae", "user/alice", "externalKeyId", "key/1234abcd"] {
                #expect(first.contains(part))
            }
            #expect(records[0].resources.count == 1)
            let counts = rig.counters.counts
            #expect(counts.map(\.count.requests).reduce(0, +) == 5)
            let failures = counts.filter { $0.outcome.error != nil }.map { $0.outcome }
            #expect(
                failures == [
                    .init(store: "", operation: "GetHealthStatus", error: "AuthenticationFailedException"),
                    .init(store: "acme", operation: "Encrypt", error: "KeyNotFoundException"),
                ])
        }
    }

    @Test func `what cannot be recorded is not done`() async throws {
        let rig = try await Rig()
        try await rig.live { client in
            rig.audit.fail(with: KMSError(.internalFailure, "The log is full."))
            let before = rig.backend.calls(of: .encrypt)
            expect(try await client.encrypt(plain), "InternalException", 500)
            #expect(rig.backend.calls(of: .encrypt) == before)
            rig.audit.fail(with: nil)
        }
    }
}
