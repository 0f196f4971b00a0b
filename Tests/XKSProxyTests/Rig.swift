import FoundationEssentials
import HTTPFront
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import KMSCore
import KMSTesting
import Logging
import NIOCore
import SecureMemory
import SigV4
import Testing
import XKSCore

@testable import XKSProxy

/// The proxy on a backend and metadata in memory, with a store `acme` and a key `one` in it.
final class Rig: Sendable {
    let backend = InMemoryKeyBackend()
    let metadata = InMemoryMetadataStore()
    let clock = TestClock()
    let audit = InMemoryAuditSink()
    let counters = XKSCounters()
    let keys: KeyStore
    let stores: XKSStores
    let health: XKSHealth
    let credential: SigningCredential
    private let app: Application<XKSResponder>

    init(
        isOpen: Bool = true, _ edit: @Sendable (inout XKSProxyConfiguration) -> Void = { _ in }
    ) async throws {
        let journal = Journal(metadata: metadata, clock: clock, sink: audit, events: NoEvents())
        keys = KeyStore(
            backend: backend, journal: journal, principals: EveryPrincipal(),
            quotas: RequestQuotas(.unlimited, clock: clock), events: NoKeyEvents())
        try await keys.start(reading: metadata)
        stores = XKSStores(keys: keys, backend: backend, journal: journal, metadata: metadata)
        try await stores.start(try await metadata.load())
        health = XKSHealth(backend: backend, metadata: metadata) { [XKSFleetMember(id: "token", status: .active)] }
        var configuration = XKSProxyConfiguration(
            place: ListeningPlace(host: "127.0.0.1", port: 0),
            regions: Set(["eu-central-1", "us-east-1"].compactMap { Region($0) }))
        // A debug build on a busy machine is slow.
        configuration.deadline = .seconds(20)
        edit(&configuration)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let responder = XKSProxyServer.responder(configuration)
        if isOpen {
            responder.open(
                XKSService(
                    configuration, stores: stores, health: health,
                    product: XKSProduct(model: "Strongroom test", ekmVendor: "Maker", ekmModel: "T\"1"),
                    audit: audit, counters: counters, logger: logger))
        }
        app = try XKSProxyServer.application(configuration, responder: responder, logger: logger)
        credential = try await Self.newStore("acme", in: stores)
        try await key("one")
    }

    static func context() -> CallContext {
        guard let account = AccountID("111122223333"), let region = Region("eu-central-1") else {
            fatalError("these are names")
        }
        return CallContext(
            principal: Principal(account: account, arn: "arn:aws:iam::111122223333:user/operator"), region: region)
    }

    static func newStore(_ prefix: String, in stores: XKSStores) async throws -> SigningCredential {
        let issued = try await stores.createStore(prefix, requestsPerSecond: 0, by: context()).credential
        return issued.secret.withExposedBytes { SigningCredential(accessKeyID: issued.id, secretAccessKey: $0) }
    }

    @discardableResult
    func key(
        _ id: String, of prefix: String = "acme", uses: Set<KeyExposure.Use> = [.encrypt, .decrypt]
    ) async throws -> KeyID {
        try await stores.createKey(id, of: prefix, from: .new, uses: uses, description: "", by: Self.context()).address
            .id
    }

    /// Sends requests over a socket.
    func live<T>(_ test: @Sendable (ProxyClient) async throws -> T) async throws -> T {
        try await app.test(.live) { client in
            try await test(ProxyClient(client: client, clock: self.clock, credential: self.credential))
        }
    }
}

/// A client that signs as AWS KMS does.
struct ProxyClient: Sendable {
    let client: any TestClientProtocol
    let clock: TestClock
    var credential: SigningCredential
    var region = "eu-central-1"
    var service = "kms-xks-proxy"
    var prefix = "/acme/kms/xks/v1"
    /// How far the client's clock is ahead, in seconds.
    var skew: Int64 = 0

    func with(_ edit: (inout ProxyClient) -> Void) -> ProxyClient {
        var copy = self
        edit(&copy)
        return copy
    }

    func signed(_ path: String, _ body: String) -> HTTPFields {
        let headers = [(name: "content-type", value: "application/json")]
        let signer = SigV4Signer(credential: credential, region: region, service: service)
        let added = unsafe signer.sign(
            method: "POST", path: path, host: "localhost", headers: headers, body: Array(body.utf8).span.bytes,
            now: clock.now.milliseconds / 1000 + skew)
        var fields = HTTPFields()
        for (name, value) in headers + added {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return fields
    }

    /// - Parameter path: Behind the prefix, as in `/keys/one/encrypt`.
    func post(
        _ path: String, _ body: String, editing: (inout HTTPFields) -> Void = { _ in }
    ) async throws -> ProxyAnswer {
        var headers = signed(prefix + path, body)
        editing(&headers)
        return try await client.execute(
            uri: prefix + path, method: .post, headers: headers, body: ByteBuffer(string: body)
        ) { ProxyAnswer($0) }
    }

    func send(_ method: HTTPRequest.Method, _ path: String) async throws -> ProxyAnswer {
        try await client.execute(uri: path, method: method) { ProxyAnswer($0) }
    }

    // MARK: Operations

    static let metadata = """
        {"awsPrincipalArn":"arn:aws:iam::123456789012:user/alice",\
        "kmsKeyArn":"arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",\
        "kmsOperation":"Encrypt","kmsRequestId":"4112f4d6-db54-4af4-ae30-c55a22a8dfae"}
        """

    func encrypt(_ members: String, key: String = "one") async throws -> ProxyAnswer {
        try await post(
            "/keys/\(key)/encrypt",
            #"{"requestMetadata":\#(Self.metadata),"encryptionAlgorithm":"AES_GCM"\#(members)}"#)
    }

    func decrypt(_ members: String, key: String = "one") async throws -> ProxyAnswer {
        try await post(
            "/keys/\(key)/decrypt",
            #"{"requestMetadata":\#(Self.metadata),"encryptionAlgorithm":"AES_GCM"\#(members)}"#)
    }
}

/// What came back.
struct ProxyAnswer: Sendable, CustomStringConvertible {
    let status: Int
    let headers: HTTPFields
    let body: String
    private let texts: [String: String]

    init(_ response: TestResponse) {
        status = response.status.code
        headers = response.headers
        body = String(buffer: response.body)
        texts = (try? JSONDecoder().decode([String: String].self, from: Data(body.utf8))) ?? [:]
    }

    subscript(_ name: String) -> String? { texts[name] }

    /// A member in base64.
    func bytes(_ name: String) -> [UInt8]? { texts[name].flatMap { Data(base64Encoded: $0) }.map { Array($0) } }

    /// The members that Decrypt takes, of an answer of Encrypt.
    var ciphertext: String {
        ["ciphertext", "initializationVector", "authenticationTag", "ciphertextMetadata"]
            .map { #","\#($0)":"\#(texts[$0] ?? "")""# }.joined()
    }

    var description: String { "\(status) \(body)" }
}

/// Expects an error as the table of the API has it.
func expect(
    _ answer: ProxyAnswer, _ name: String, _ status: Int, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(answer.status == status, "\(answer)", sourceLocation: sourceLocation)
    #expect(answer["errorName"] == name, "\(answer)", sourceLocation: sourceLocation)
    let message = answer["errorMessage"] ?? ""
    #expect(message.utf8.count < 512 && message.utf8.allSatisfy { 0x20...0x7e ~= $0 }, sourceLocation: sourceLocation)
    #expect(!answer.body.contains("\n"), "some clients read the last line alone", sourceLocation: sourceLocation)
    #expect(answer.headers[.contentType] == "application/json", sourceLocation: sourceLocation)
}

func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
