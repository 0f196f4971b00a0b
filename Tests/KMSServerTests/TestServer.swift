import FoundationEssentials
import HTTPFront
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import IAMCore
import IAMQuery
import KMSCore
import KMSTesting
import Logging
import NIOCore
import ServiceLifecycle
import SigV4
import Testing
import XKSCore

@testable import KMSServer

/// A server on a backend and a store in memory, with one caller in each of two accounts.
final class TestServer: Sendable {
    let backend = InMemoryKeyBackend()
    let clock = TestClock()
    let audit = InMemoryAuditSink()
    let store: KeyStore
    let app: Application<KMSResponder>
    private let ports: AsyncStream<Int>

    /// - Parameter sink: What takes the records in the place of ``audit``.
    init(
        quotas: QuotaLimits = .unlimited, sink: (any AuditSink)? = nil,
        _ edit: (inout KMSServerConfiguration) -> Void = { _ in }
    ) async throws {
        let metadata = InMemoryMetadataStore()
        let sink: any AuditSink = sink ?? audit
        let journal = Journal(metadata: metadata, clock: clock, sink: sink, events: NoEvents())
        store = KeyStore(
            backend: backend, journal: journal, principals: EveryPrincipal(),
            quotas: RequestQuotas(quotas, clock: clock), events: NoKeyEvents())
        try await store.start(reading: metadata)
        let identities = IdentityStore(backend: backend, journal: journal, metadata: metadata, clock: clock)
        var configuration = KMSServerConfiguration(
            regions: Set(["eu-central-1", "us-east-1"].compactMap { Region($0) }))
        edit(&configuration)
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        self.ports = ports
        app = try KMSServer.application(
            configuration, store: store,
            identities: IAMQueryAPI(
                identities: identities,
                xksStores: XKSStores(keys: store, backend: backend, journal: journal, metadata: metadata)),
            directory: TestDirectory(), audit: sink, clock: clock, logger: logger
        ) { port in listening.yield(port) }
    }

    /// Sends requests straight to the responder, without a socket.
    func routed<T>(_ test: @Sendable (SignedClient) async throws -> T) async throws -> T {
        try await app.test(.router) { client in try await test(SignedClient(client: client, clock: self.clock)) }
    }

    /// Serves as `strongroom serve` does, and is then told to stop; the client only signs and knows the port.
    func serving(_ test: @Sendable (SignedClient, ServiceGroup) async throws -> Void) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [app], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await port in ports {
                try await test(SignedClient(client: PortOnly(port: port), clock: clock), group)
                break
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Sends requests over a socket.
    func live<T>(_ test: @Sendable (SignedClient) async throws -> T) async throws -> T {
        try await app.test(.live) { client in try await test(SignedClient(client: client, clock: self.clock)) }
    }
}

struct TestDirectory: CredentialDirectory {
    static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

    /// Access keys by account.
    static let callers = ["AKIAIOSFODNN7EXAMPLE": "111122223333", "AKIAI44QH8DHBEXAMPLE": "444455556666"]
        .compactMapValues {
            account in
            AccountID(account).map { Principal(account: $0, arn: "arn:aws:iam::\(account):user/alice") }
        }

    func isExpired(accessKey _: String) -> Bool { false }
    func noteUse(of _: String, service _: String, region _: Region) {}

    func caller(withAccessKey id: String) -> Caller? {
        Self.callers[id].map { principal in
            Caller(
                identity: .administrator(principal),
                credential: SigningCredential(accessKeyID: id, secretAccessKey: Self.secret)
            )
        }
    }
}

/// A client that signs as AWS's own do.
struct SignedClient: Sendable {
    let client: any TestClientProtocol
    let clock: TestClock
    var accessKey = "AKIAIOSFODNN7EXAMPLE"
    var secret = TestDirectory.secret
    var region = "eu-central-1"
    var service = "kms"

    /// How far the client's clock is ahead, in seconds.
    var skew: Int64 = 0

    func with(_ edit: (inout SignedClient) -> Void) -> SignedClient {
        var copy = self
        edit(&copy)
        return copy
    }

    func headers(
        _ operation: String?, _ body: [UInt8], host: String = "localhost",
        contentType: String = "application/x-amz-json-1.1"
    ) -> HTTPFields {
        let credential = SigningCredential(accessKeyID: accessKey, secretAccessKey: secret)
        var headers = [(name: "content-type", value: contentType)]
        if let operation { headers.append((name: "x-amz-target", value: "TrentService.\(operation)")) }
        let signer = SigV4Signer(credential: credential, region: region, service: service)
        headers += unsafe signer.sign(
            method: "POST", path: "/", host: host, headers: headers, body: body.span.bytes,
            now: clock.now.milliseconds / 1000 + skew
        )
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return fields
    }

    func send(
        _ operation: String?, _ body: String, uri: String = "/", editing: (inout HTTPFields) -> Void = { _ in }
    ) async throws -> Answer {
        var headers = headers(operation, Array(body.utf8))
        editing(&headers)
        return try await client.execute(uri: uri, method: .post, headers: headers, body: ByteBuffer(string: body)) {
            Answer($0)
        }
    }

    /// Sends what was signed elsewhere.
    func post(_ headers: HTTPFields, _ body: String) async throws -> Answer {
        try await client.execute(uri: "/", method: .post, headers: headers, body: ByteBuffer(string: body)) {
            Answer($0)
        }
    }

    /// A connection beside the client's own.
    func connect() async throws -> RawConnection {
        try await RawConnection.open(port: client.port)
    }

    func get(_ uri: String) async throws -> Answer {
        try await client.execute(uri: uri, method: .get) { Answer($0) }
    }

    /// Makes a key and answers its id.
    func createKey(_ members: String = "") async throws -> String {
        let answer = try await send("CreateKey", "{\(members)}")
        #expect(answer.status == 200)
        return try #require(answer.text("KeyMetadata", "KeyId"))
    }
}

/// A client that cannot send.
private struct PortOnly: TestClientProtocol {
    struct Unconnected: Error {}

    let port: Int?

    func executeRequest(
        uri: String, method: HTTPRequest.Method, headers: HTTPFields, body: ByteBuffer?
    ) async throws -> TestResponse {
        throw Unconnected()
    }
}

/// What came back.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let body: String
    private let members: [String: Member]

    init(_ response: TestResponse) {
        status = response.status.code
        headers = response.headers
        body = String(buffer: response.body)
        members = (try? JSONDecoder().decode([String: Member].self, from: Data(body.utf8))) ?? [:]
    }

    var type: String? { text("__type") }
    var message: String? { text("message") }

    func text(_ path: String...) -> String? {
        var member: Member? = .object(members)
        for name in path { member = if case .object(let members) = member { members[name] } else { nil } }
        return if case .text(let text) = member { text } else { nil }
    }

    private enum Member: Decodable {
        case text(String)
        case object([String: Member])
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let members = try? container.decode([String: Member].self) {
                self = .object(members)
            } else {
                self = .other
            }
        }
    }
}

extension Answer: CustomStringConvertible {
    var description: String { "\(status) \(body)" }
}
