import KMSCore

extension MemberReader {
    /// The members Limit and Marker, which all lists have.
    mutating func page(limit: ClosedRange<Int> = 1...1000) throws(WireError) -> PageRequest {
        PageRequest(limit: try integer("Limit", in: limit), marker: try string("Marker", .marker))
    }
}

/// A part of a list: its items under the operation's own name for them, NextMarker and Truncated.
package struct ListResponse<Item: Encodable & Sendable>: WireResponse {
    private let name: String
    private let items: [Item]
    private let nextMarker: String?

    init<Element>(_ name: String, _ page: Page<Element>, _ item: (Element) -> Item) {
        self.name = name
        items = page.items.map(item)
        nextMarker = page.nextMarker
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(items, forKey: MemberName(stringValue: name))
        try container.encodeIfPresent(nextMarker, forKey: MemberName(stringValue: "NextMarker"))
        try container.encode(nextMarker != nil, forKey: MemberName(stringValue: "Truncated"))
    }
}
