import KMSCore

/// Tags as IAM has them ("Rules for tagging in IAM and AWS STS", IAM User Guide): a key is the same in any case.
enum IAMTags {
    /// Throws unless they may be given together.
    static func check(_ tags: [Tag], atMost limit: Int) throws(KMSError) {
        try check(keys: tags.map(\.key), atMost: limit)
        for tag in tags {
            guard tag.value.unicodeScalars.count <= 256, tag.value.unicodeScalars.allSatisfy(\.isTagCharacter) else {
                throw KMSError(
                    .invalidInput,
                    "The value of the tag \(tag.key) has to have at most 256 characters, each a letter, a digit, a "
                        + "space or one of _.:/=+-@.")
            }
        }
    }

    static func check(keys: [String], atMost limit: Int) throws(KMSError) {
        guard keys.count <= limit else {
            throw KMSError(.limitExceeded, "There can be \(limit) tags at the most; leave some out.")
        }
        for key in keys {
            guard (1...128).contains(key.unicodeScalars.count), key.unicodeScalars.allSatisfy(\.isTagCharacter) else {
                throw KMSError(
                    .invalidInput,
                    "A tag's key has to have 1 to 128 characters, each a letter, a digit, a space or one of _.:/=+-@.")
            }
            guard !key.lowercased().hasPrefix("aws:") else {
                throw KMSError(.invalidInput, "Tag keys that begin with aws: are reserved; choose another.")
            }
        }
        guard Set(keys.map { $0.lowercased() }).count == keys.count else {
            throw KMSError(
                .invalidInput, "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        }
    }

    /// `added` take the place of tags of the same keys in any case.
    static func merge(
        _ added: [Tag], into tags: [String: String], atMost limit: Int
    ) throws(KMSError) -> [String: String] {
        let keys = Set(added.map { $0.key.lowercased() })
        var merged = tags.filter { !keys.contains($0.key.lowercased()) }
        for tag in added { merged[tag.key] = tag.value }
        guard merged.count <= limit else {
            throw KMSError(.limitExceeded, "There can be \(limit) tags at the most; remove some first.")
        }
        return merged
    }

    static func remove(_ keys: [String], from tags: [String: String]) -> [String: String] {
        let keys = Set(keys.map { $0.lowercased() })
        return tags.filter { !keys.contains($0.key.lowercased()) }
    }

    static func list(_ tags: [String: String]) -> [Tag] {
        tags.map { Tag(key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }
    }
}

extension Unicode.Scalar {
    /// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`
    fileprivate var isTagCharacter: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .spaceSeparator, .lineSeparator, .paragraphSeparator:
            true
        default: "_.:/=+-@".unicodeScalars.contains(self)
        }
    }
}
