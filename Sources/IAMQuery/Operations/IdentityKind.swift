import IAMCore
import KMSCore

/// Users or roles: many operations are there for both, and differ in their names alone.
protocol IdentityKind: Sendable {
    static var kind: Identity.Kind { get }
    /// As in `ListUserTags`.
    static var noun: String { get }
    /// What the model allows of a name that is there already.
    static var nameShape: ParameterShape { get }
}

enum Users: IdentityKind {
    static let kind = Identity.Kind.user
    static let noun = "User"
    static let nameShape = ParameterShape.userName
}

enum Roles: IdentityKind {
    static let kind = Identity.Kind.role
    static let noun = "Role"
    static let nameShape = ParameterShape.roleName
}

extension ParameterReader {
    /// The parameter UserName or RoleName.
    mutating func identity<Kind: IdentityKind>(_: Kind.Type) -> IdentityName {
        IdentityName(Kind.kind, requiredString(Kind.noun + "Name", Kind.nameShape))
    }

    /// The parameters MaxItems and Marker, which all lists have.
    mutating func page() throws(QueryError) -> PageRequest {
        PageRequest(limit: try integer("MaxItems", in: 1...1000), marker: string("Marker", .marker))
    }
}

extension [XMLNode] {
    /// A part of a list: its items under the operation's own name for them, and where the next part begins.
    static func page<Item>(_ name: String, _ page: Page<Item>, _ members: (Item) -> [XMLNode]) -> [XMLNode] {
        [.list(name, page.items.map(members))] + end(of: page)
    }

    static func page(_ name: String, _ page: Page<String>) -> [XMLNode] {
        [.list(name, page.items)] + end(of: page)
    }

    static func end<Item>(of page: Page<Item>) -> [XMLNode] {
        [.flag("IsTruncated", page.nextMarker != nil), .text(ifPresent: "Marker", page.nextMarker)].compactMap(\.self)
    }
}

extension XMLNode {
    /// Tags by their names, as IAM writes them.
    static func tags(_ tags: [Tag]) -> XMLNode {
        .list("Tags", tags.map { [.text("Key", $0.key), .text("Value", $0.value)] })
    }

    static func tags(_ tags: [String: String]) -> XMLNode {
        .tags(tags.map { Tag(key: $0.key, value: $0.value) }.sorted { $0.key < $1.key })
    }
}
