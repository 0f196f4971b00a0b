import KMSPolicy
import Yams

/// What `identity apply` shall bring about.
struct IdentityFile: Hashable, Sendable {
    /// Managed policies, by their names.
    var policies: [String: DeclaredPolicy] = [:]
    var users: [String: DeclaredIdentity] = [:]
    var roles: [String: DeclaredIdentity] = [:]
    var services: Set<String> = []
    /// Which file made an identity, where there are several: a part of the mark.
    var scope: String?

    /// The tag of everything that a file has made, by which `--prune` knows it.
    static let markKey = "managed-by"
    var mark: String { "strongroom-apply" + (scope.map { ":" + $0 } ?? "") }

    func declared(_ noun: IdentityNoun) -> [String: DeclaredIdentity] {
        noun == .user ? users : roles
    }
}

struct DeclaredPolicy: Hashable, Sendable {
    var path = "/"
    /// Nil to leave it as it is.
    var description: String?
    var document: String
    var tags: [String: String] = [:]
}

/// A user or a role.
struct DeclaredIdentity: Hashable, Sendable {
    var path = "/"
    /// Names or ARNs of managed policies.
    var policies: [String] = []
    /// By their names.
    var inline: [String: String] = [:]
    /// Name or ARN of a managed policy.
    var boundary: String?
    var tags: [String: String] = [:]

    // Of roles.
    var trust = ""
    var description: String?
    var maximumSessionDuration: Int?
}

extension IdentityFile {
    /// In bytes: of 5,000 users a file may well have a megabyte.
    private static let longest = 8 << 20

    /// - Parameter path: `-` is the standard input.
    static func read(_ path: String) throws(CommandFailure) -> IdentityFile {
        switch try PolicyInput.read(path, atMost: longest) {
        case .unreadable(let reason): throw CommandFailure("\(path) cannot be read: \(reason)")
        case .text(let text): return try IdentityFile(text, from: path == "-" ? "standard input" : path)
        }
    }

    init(_ text: String, from file: String) throws(CommandFailure) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw YAMLFault.unreadable(error, file)
        }
        guard let root else { throw CommandFailure("\(file) is empty", hint: "docs/identities.md has an example") }
        var fields = try YAMLFields(root, "", of: file)
        scope = try fields.string("scope")
        if var named = try fields.fields("policies") {
            for (name, node) in named.takeAll() {
                policies[name] = try DeclaredPolicy(node, named.place(name), file)
            }
        }
        if var named = try fields.fields("users") {
            for (name, node) in named.takeAll() {
                users[name] = try DeclaredIdentity(node, .user, named.place(name), file)
            }
        }
        if var named = try fields.fields("roles") {
            for (name, node) in named.takeAll() {
                roles[name] = try DeclaredIdentity(node, .role, named.place(name), file)
            }
        }
        services = Set(try fields.strings("services").map(\.text))
        try fields.finish(known: "policies, roles, scope, services and users")
    }
}

extension DeclaredPolicy {
    init(_ node: Node, _ place: String, _ file: String) throws(CommandFailure) {
        var fields = try YAMLFields(node, place, of: file)
        guard let document = fields.take("document") else {
            throw YAMLFault.at(node, place, "the document is missing", file)
        }
        self.init(document: try PolicyNode.text(document, as: .identity, at: place + ".document", of: file))
        path = try fields.string("path") ?? "/"
        description = try fields.string("description")
        tags = try fields.tags(node)
        try fields.finish(known: "description, document, path and tags")
    }
}

extension DeclaredIdentity {
    init(_ node: Node, _ noun: IdentityNoun, _ place: String, _ file: String) throws(CommandFailure) {
        var fields = try YAMLFields(node, place, of: file)
        path = try fields.string("path") ?? "/"
        policies = try fields.strings("policies").map(\.text)
        if var named = try fields.fields("inline") {
            for (name, node) in named.takeAll() {
                inline[name] = try PolicyNode.text(node, as: .identity, at: named.place(name), of: file)
            }
        }
        boundary = try fields.string("boundary")
        tags = try fields.tags(node)
        guard noun == .role else {
            try fields.finish(known: "boundary, inline, path, policies and tags")
            return
        }
        guard let trust = fields.take("trust") else {
            throw YAMLFault.at(node, place, "the trust policy is missing: who may assume the role?", file)
        }
        self.trust = try PolicyNode.text(trust, as: .trust, at: place + ".trust", of: file)
        description = try fields.string("description")
        maximumSessionDuration = try fields.integer("maxSessionDuration")
        try fields.finish(
            known: "boundary, description, inline, maxSessionDuration, path, policies, tags and trust")
    }
}

extension YAMLFields {
    fileprivate mutating func tags(_ node: Node) throws(CommandFailure) -> [String: String] {
        let tags = try pairs("tags")
        if tags.keys.contains(where: { $0.lowercased() == IdentityFile.markKey }) {
            throw fault(node, "tags", "\(IdentityFile.markKey) is the tag by which files know what they have made")
        }
        return tags
    }
}
