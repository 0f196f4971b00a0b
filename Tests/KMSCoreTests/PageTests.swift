import Testing

@testable import KMSCore

@Suite struct Pages {
    private func page(_ all: [String], _ limit: Int?, _ marker: String? = nil) throws -> Page<String> {
        try Page(of: all, PageRequest(limit: limit, marker: marker), list: "ListKeys", defaultLimit: 3) { $0 }
    }

    private static let letters = ["a", "b", "c", "d", "e", "f", "g"]

    @Test(arguments: [1, 2, 3, 6, 7, 8, 1000])
    func `one after the other show everything once, in order`(limit: Int) throws {
        var seen: [String] = []
        var marker: String?
        var count = 0
        repeat {
            let page = try page(Self.letters, limit, marker)
            #expect(page.items.count <= limit)
            #expect(!page.items.isEmpty, "an empty page would be one too many")
            seen += page.items
            marker = page.nextMarker
            count += 1
        } while marker != nil && count < 20
        #expect(seen == Self.letters)
        #expect(count == (Self.letters.count + limit - 1) / limit, "no page is half empty but the last")
    }

    @Test func `have the list's own limit when none is asked for`() throws {
        #expect(try page(Self.letters, nil).items == ["a", "b", "c"])
    }

    @Test func `of nothing are one empty page`() throws {
        let page = try page([], 5)
        #expect(page.items.isEmpty)
        #expect(page.nextMarker == nil)
    }

    @Test func `go on behind the last item even when it is gone, and lose or repeat none of the others`() throws {
        let first = try page(Self.letters, 3)
        #expect(first.items == ["a", "b", "c"])
        let second = try page(["a", "d", "e"], 2, first.nextMarker)
        #expect(second.items == ["d", "e"])
        #expect(second.nextMarker == nil)
    }

    @Test func `show what was added behind the marker, and not what was added before it`() throws {
        let first = try page(Self.letters, 3)
        #expect(try page(["a", "aa", "b", "c", "cc", "d"], 9, first.nextMarker).items == ["cc", "d"])
    }

    @Test func `end when everything behind the marker is gone`() throws {
        let first = try page(Self.letters, 3)
        let rest = try page(["a"], 3, first.nextMarker)
        #expect(rest.items.isEmpty)
        #expect(rest.nextMarker == nil)
    }

    @Test(arguments: ["", "c", "ListAliases:c", "listKeys:c", "\u{0}", "ListKeys"])
    func `refuse a marker that their list never gave`(marker: String) async {
        await expect(.invalidMarker) { _ = try page(Self.letters, 3, marker) }
    }

    @Test func `take a marker that names nothing for a place in the order`() throws {
        #expect(try page(Self.letters, 2, "ListKeys:bb").items == ["c", "d"])
        #expect(try page(Self.letters, 2, "ListKeys:").items == ["a", "b"])
        #expect(try page(Self.letters, 2, "ListKeys:zzz").items.isEmpty)
    }
}
