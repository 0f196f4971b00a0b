import IAMCore
import KMSCore
import KMSTesting
import Testing
import XKSCore

@testable import IAMQuery

/// IAM and STS over identities in memory, of one account.
struct Service {
    static let account = AccountID("111122223333")!
    let clock = TestClock()
    let sink = InMemoryAuditSink()
    let identities: IdentityStore
    let api: IAMQueryAPI
    let xksStores: XKSStores

    init() async throws {
        let metadata = InMemoryMetadataStore()
        let journal = Journal(metadata: metadata, clock: clock, sink: sink, events: NoEvents())
        let backend = InMemoryKeyBackend()
        identities = IdentityStore(
            backend: backend, journal: journal, metadata: metadata, clock: clock)
        try await identities.start(try await metadata.load())
        try await identities.createAccount(Self.account, name: "tests")
        let keys = KeyStore(
            backend: backend, journal: journal, principals: identities,
            quotas: RequestQuotas(.unlimited, clock: clock), events: NoKeyEvents())
        keys.start(try await metadata.load())
        xksStores = XKSStores(keys: keys, backend: backend, journal: journal, metadata: metadata)
        api = IAMQueryAPI(identities: identities, xksStores: xksStores)
    }

    func context(_ caller: CallerIdentity = .root(of: account)) -> CallContext {
        CallContext(caller: caller, region: Region("eu-central-1")!, requestID: "request-1")
    }

    /// The answer to an operation with these parameters, and what was noted of the call.
    func call(
        _ action: String, _ parameters: [String: String] = [:], of service: QueryService = .iam,
        by caller: CallerIdentity = .root(of: account)
    ) async -> Reply {
        let context = context(caller)
        let answer = await api.answer(body(action, parameters, of: service), by: context)
        return Reply(answer: answer, record: context.draft.record(of: context, at: clock.now, failure: answer.failure))
    }
}

struct Reply {
    let answer: QueryAnswer
    /// Nil when the record went with the change that the call made.
    let record: AuditRecord?

    var text: String { String(decoding: answer.body, as: UTF8.self) }

    /// The operation's result.
    func result(sourceLocation: SourceLocation = #_sourceLocation) throws -> Element {
        try #require(answer.status == 200, "\(text)", sourceLocation: sourceLocation)
        let root = try Element(parsing: text)
        return try #require(root.children.first { $0.name.hasSuffix("Result") }, sourceLocation: sourceLocation)
    }

    /// The error's code, or nil.
    var code: String? { answer.failure?.code }
}

/// A body as an SDK writes it.
func body(_ action: String, _ parameters: [String: String] = [:], of service: QueryService = .iam) -> [UInt8] {
    let pairs = parameters.sorted { $0.key < $1.key }.map {
        "\(PercentCoding.encode($0.key))=\(PercentCoding.encode($0.value))"
    }
    return Array((["Action=\(action)", "Version=\(service.version)"] + pairs).joined(separator: "&").utf8)
}

/// The error that a body is answered with; a test failure when it is taken.
func refusal(_ body: String, sourceLocation: SourceLocation = #_sourceLocation) -> QueryError? {
    do {
        _ = try QueryCall(Array(body.utf8), of: .iam, AuditDraft())
        Issue.record("the body was taken: \(body.prefix(200))", sourceLocation: sourceLocation)
        return nil
    } catch {
        return error
    }
}

/// XML as a client reads it: elements with text or children, and nothing that answers do not have.
struct Element: Equatable {
    var name: String
    var text = ""
    var children: [Element] = []

    subscript(path: String...) -> Element? {
        path.reduce(self as Element?) { element, name in element?.children.first { $0.name == name } }
    }

    struct Malformed: Error {
        let rest: String
    }

    init(parsing text: String) throws {
        var rest = text[...]
        self = try Self.element(&rest)
        guard rest.isEmpty else { throw Malformed(rest: String(rest)) }
    }

    private init(name: String) { self.name = name }

    private static func element(_ rest: inout Substring) throws -> Element {
        guard rest.first == "<", let end = rest.firstIndex(of: ">") else { throw Malformed(rest: String(rest)) }
        // Attributes are the namespace's alone.
        var element = Element(name: String(rest[..<end].dropFirst().prefix { $0 != " " }))
        rest = rest[end...].dropFirst()
        while !rest.hasPrefix("</") {
            if rest.first == "<" {
                element.children.append(try Self.element(&rest))
            } else {
                let end = rest.firstIndex(of: "<") ?? rest.endIndex
                element.text += try unescaped(rest[..<end])
                rest = rest[end...]
            }
        }
        guard rest.hasPrefix("</\(element.name)>") else { throw Malformed(rest: String(rest)) }
        rest = rest.dropFirst(element.name.count + 3)
        return element
    }

    private static func unescaped(_ text: Substring) throws -> String {
        let names = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "#39": "'", "#9": "\t", "#10": "\n", "#13": "\r"]
        var parts = text.split(separator: "&", omittingEmptySubsequences: false)
        var result = String(parts.removeFirst())
        for part in parts {
            guard let end = part.firstIndex(of: ";"), let character = names[String(part[..<end])] else {
                throw Malformed(rest: String(part))
            }
            result += character + part[end...].dropFirst()
        }
        return result
    }
}
