extension ParameterReader {
    /// The elements of a list, `NAME.member.1` and so on, each by the names of its fields. An element of a list of
    /// plain strings, for which `fields` is nil, has its value under "". A list without elements is `NAME=`.
    ///
    /// Elements are numbered from 1 without a gap, and nothing is in them that the model does not have: a tag or a
    /// policy that was passed over would be noticed too late.
    func elements(of name: String, fields: [String]?) throws(QueryError) -> [[String: String]] {
        let parts = form.rest(after: name + ".")
        if let whole = form[name] {
            guard whole.isEmpty, parts.isEmpty else {
                throw .malformedInput("The parameter '\(name)' is a list: name its elements '\(name).member.1' and on.")
            }
            return []
        }
        var elements: [[String: String]] = Array(repeating: [:], count: min(parts.count, QueryForm.maximumCount))
        for (part, value) in parts {
            guard let (number, field) = Self.place(part, fields), elements.indices.contains(number - 1) else {
                throw .malformedInput(
                    "The parameter '\(name).\(String(part).forMessages)' is out of place: the elements of '\(name)' "
                        + "are '\(name).member.1' and on, without a gap"
                        + (fields.map { ", each with \($0.map { "'.\($0)'" }.joined(separator: " and "))." } ?? "."))
            }
            elements[number - 1][field] = value
        }
        // Of several fields to an element there are fewer elements than parameters.
        let last = elements.lastIndex { !$0.isEmpty } ?? -1
        elements.removeSubrange((last + 1)...)
        guard !elements.contains(where: \.isEmpty) else {
            throw .malformedInput("The elements of '\(name)' are not numbered from 1 without a gap.")
        }
        return elements
    }

    /// Takes `member.12.Key` apart.
    private static func place(_ part: Substring, _ fields: [String]?) -> (number: Int, field: String)? {
        let words = part.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count == (fields == nil ? 2 : 3), words[0] == "member", words[1].utf8.count <= 4,
            words[1].utf8.first != UInt8(ascii: "0"), words[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(words[1])
        else { return nil }
        guard let fields else { return (number, "") }
        return fields.contains(String(words[2])) ? (number, String(words[2])) : nil
    }
}
