/// Which part of a list a caller wants.
package struct PageRequest: Sendable {
    package var limit: Int?
    package var marker: String?

    package init(limit: Int? = nil, marker: String? = nil) {
        self.limit = limit
        self.marker = marker
    }
}

/// A part of a list, and where the next one begins.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    package let nextMarker: String?

    init(items: [Item], nextMarker: String?) {
        self.items = items
        self.nextMarker = nextMarker
    }

    /// Cuts the page out of `all`, which is sorted by `name`. A marker is the last name of the page before it, behind
    /// the list's own: a page begins after that name even when it has gone meanwhile.
    init(
        of all: [Item], _ request: PageRequest, list: String, defaultLimit: Int, name: (Item) -> String
    ) throws(KMSError) {
        var rest = all[...]
        if let marker = request.marker {
            guard marker.hasPrefix(list + ":") else {
                throw KMSError(.invalidMarker, "The marker is not one that \(list) gave.")
            }
            let last = marker.dropFirst(list.count + 1)
            rest = rest.drop { name($0) <= last }
        }
        items = Array(rest.prefix(max(1, request.limit ?? defaultLimit)))
        nextMarker = items.count < rest.count ? items.last.map { "\(list):\(name($0))" } : nil
    }
}
