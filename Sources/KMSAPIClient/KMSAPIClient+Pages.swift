/// One answer of a List operation.
package protocol KMSPage: Decodable {
    associatedtype Item
    var items: [Item] { get }
    /// What to send as Marker for the next page; nil on the last one.
    var nextMarker: String? { get }
}

extension KMSAPIClient {
    /// Calls a List operation until it has no more pages, and gives all items back.
    ///
    /// - Parameter input: The request that asks for the page at a marker; nil means the first.
    package func list<Page: KMSPage>(
        _ operation: String, pages: Page.Type = Page.self, input: (_ marker: String?) -> some Encodable
    ) async throws -> [Page.Item] {
        var items: [Page.Item] = []
        var marker: String?
        repeat {
            let page: Page = try await call(operation, input(marker))
            items.append(contentsOf: page.items)
            guard page.nextMarker == nil || page.nextMarker != marker else {
                // Following it would never end.
                throw KMSTransportError("\(configuration.endpoint.url) gives the same page of \(operation) again")
            }
            marker = page.nextMarker
        } while marker != nil
        return items
    }
}
