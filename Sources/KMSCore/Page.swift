/// Which part of a list a caller wants.
package struct PageRequest: Sendable {
    package var limit: Int?
    package var marker: String?

    package init(limit: Int? = nil, marker: String? = nil) {
        self.limit = limit
        self.marker = marker
    }

    /// The last name of the page before, which is what a marker is, behind the list's own. Nil for the first page.
    func lastName(of list: String) throws(KMSError) -> String? {
        guard let marker else { return nil }
        guard marker.hasPrefix(list + ":") else {
            throw KMSError(.invalidMarker, "The marker is not one that \(list) gave.")
        }
        return String(marker.dropFirst(list.count + 1))
    }
}

/// A part of a list, and where the next one begins.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    package let nextMarker: String?

    package init(items: [Item], nextMarker: String?) {
        self.items = items
        self.nextMarker = nextMarker
    }

    /// Cuts the page out of `all`, which is sorted by `name`. It begins after the last name of the page before it, even
    /// when that has gone meanwhile.
    package init(
        of all: [Item], _ request: PageRequest, list: String, defaultLimit: Int, name: (Item) -> String
    ) throws(KMSError) {
        var rest = all[...]
        if let last = try request.lastName(of: list) {
            rest = rest.drop { name($0) <= last }
        }
        items = Array(rest.prefix(max(1, request.limit ?? defaultLimit)))
        nextMarker = items.count < rest.count ? items.last.map { "\(list):\(name($0))" } : nil
    }
}
