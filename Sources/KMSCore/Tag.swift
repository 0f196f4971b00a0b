import KMSPolicy

/// A label on a key.
package struct Tag: Hashable, Sendable {
    package let key: String
    package let value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }

    /// How many tags a key may have.
    package static let maximumPerKey = 50

    /// The tags by key; throws `tag` for what AWS refuses.
    static func dictionary(_ tags: [Tag]) throws(KMSError) -> [String: String] {
        guard !tags.contains(where: { $0.key.lowercased().hasPrefix("aws:") }) else {
            throw KMSError(.tag, "Tags beginning with aws: are reserved")
        }
        let dictionary = Dictionary(tags.map { ($0.key, $0.value) }) { first, _ in first }
        guard dictionary.count == tags.count else { throw KMSError(.tag, "Duplicate tag keys") }
        guard tags.count <= maximumPerKey else { throw KMSError(.tag, "Too many tags") }
        return dictionary
    }
}

extension KeyStore {
    package func tagResource(_ name: String, tags: [Tag], by context: CallContext) async throws(KMSError) {
        let added = try Tag.dictionary(tags)
        let entry = try resolveKeyOnly(
            name, for: .tagResource, by: context, with: RequestConditions(nil, RequestConditions.tags(added)))
        try await change(entry.key.address, on: .call(context)) { key throws(KMSError) in
            try KMSAction.tagResource.check(key.state, of: entry.arn)
            key.tags.merge(added) { _, new in new }
            guard key.tags.count <= Tag.maximumPerKey else { throw KMSError(.tag, "Too many tags") }
        }
    }

    package func untagResource(_ name: String, keys: [String], by context: CallContext) async throws(KMSError) {
        let entry = try resolveKeyOnly(
            name, for: .untagResource, by: context,
            with: RequestConditions(nil, [.named(.tagKeys): .several(keys)]))
        try await change(entry.key.address, on: .call(context)) { key throws(KMSError) in
            try KMSAction.untagResource.check(key.state, of: entry.arn)
            for tag in keys { key.tags[tag] = nil }
        }
    }

    package func listResourceTags(
        _ name: String, _ page: PageRequest, by context: CallContext
    ) throws(KMSError) -> Page<Tag> {
        let entry = try resolveKeyOnly(name, for: .listResourceTags, by: context)
        let tags = entry.key.tags.map { Tag(key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }
        return try Page(of: tags, page, list: "ListResourceTags", defaultLimit: 50) { $0.key }
    }
}
