/// The reference's part for resources and conditions.
struct ReferenceConditions {
    let request: ReferenceRequest
    /// Policies without the version of 2012 have none.
    let hasVariables: Bool

    func isResource(_ pattern: String) -> Bool {
        pattern == "*" || filled(marked(pattern)).map { isARN(request.resource, $0) } ?? false
    }

    func holds(_ condition: ReferenceCondition, inAllow: Bool) -> Bool {
        let found = request.values[condition.key.lowercased()] ?? []
        if condition.base == "Null" {
            return condition.values.contains { filled($0)?.lowercased() == (found.isEmpty ? "true" : "false") }
        }
        let isNegated = condition.base.contains("Not")
        let positive = condition.base.replacing("Not", with: "")
        func passes(_ value: String) -> Bool {
            condition.values.contains { matches(value, $0, positive) } != isNegated
        }
        switch condition.qualifier {
        case "ForAnyValue": return found.contains(where: passes)
        case "ForAllValues": return found.allSatisfy(passes)
        default:
            if found.isEmpty { return isNegated || condition.ifExists }
            // Of several values none is the one to compare: nobody is to gain by it.
            return found.count == 1 ? passes(found[0]) : !inAllow
        }
    }

    private func matches(_ value: String, _ wanted: String, _ test: String) -> Bool {
        switch test {
        case "StringEquals": filled(wanted) == value
        case "StringEqualsIgnoreCase", "Bool": filled(wanted)?.lowercased() == value.lowercased()
        case "StringLike": filled(marked(wanted)).map { isLike(value, $0) } ?? false
        case "ArnEquals", "ArnLike": filled(marked(wanted)).map { isARN(value, $0) } ?? false
        case "IpAddress": isAddress(value, in: wanted)
        case let test where test.hasPrefix("Numeric"):
            compares(Double(value), Double(wanted), test.dropFirst("Numeric".count))
        case let test where test.hasPrefix("Date"):
            compares(seconds(value), seconds(wanted), test.dropFirst("Date".count))
        default: fatalError("the reference knows no operator \(test)")
        }
    }

    private func compares(_ value: Double?, _ wanted: Double?, _ test: Substring) -> Bool {
        guard let value, let wanted else { return false }
        return switch test {
        case "Equals": value == wanted
        case "LessThan": value < wanted
        case "LessThanEquals": value <= wanted
        case "GreaterThan": value > wanted
        default: value >= wanted
        }
    }

    /// With its variables' values; nil when one has none.
    private func filled(_ text: String) -> String? {
        guard hasVariables, let start = text.firstRange(of: "${") else { return text }
        guard let end = text[start.upperBound...].firstIndex(of: "}") else { return text }
        let parts = text[start.upperBound..<end].split(separator: ",", maxSplits: 1)
        let ownDefault = parts.count < 2 ? nil : parts[1].split(separator: "'").last.map(String.init)
        // In a marked text wildcards are marked in here too.
        let value =
            switch parts[0] {
            case "*", "\u{1}": "*"
            case "?", "\u{2}": "?"
            case "$": "$"
            default: request.values[parts[0].lowercased()]?.first ?? ownDefault
            }
        guard let value, let rest = filled(String(text[text.index(after: end)...])) else { return nil }
        return text[..<start.lowerBound] + value + rest
    }
}

/// A pattern whose wildcards are characters that no policy has, so that those in variables' values stay what they are.
func marked(_ pattern: String) -> String {
    pattern.contains { $0 == "*" || $0 == "?" }
        ? pattern.replacing("*", with: "\u{1}").replacing("?", with: "\u{2}") : pattern
}

func isLike(_ text: String, _ marked: String) -> Bool {
    guard marked.utf8.contains(where: { $0 <= 2 }) else { return text == marked }
    return isLike(Array(text.utf8)[...], Array(marked.utf8)[...])
}

private func isLike(_ text: ArraySlice<UInt8>, _ marked: ArraySlice<UInt8>) -> Bool {
    guard let first = marked.first else { return text.isEmpty }
    let rest = marked.dropFirst()
    if first == 1 { return isLike(text, rest) || (!text.isEmpty && isLike(text.dropFirst(), marked)) }
    return !text.isEmpty && (first == 2 || first == text.first) && isLike(text.dropFirst(), rest)
}

/// Part for part; the sixth may have colons.
func isARN(_ text: String, _ marked: String) -> Bool {
    let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    let patterns = marked.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    return parts.count == 6 && patterns.count == 6 && parts.first == "arn"
        && zip(parts, patterns).allSatisfy { isLike(String($0), String($1)) }
}

/// With or without the number of bits; one of IPv6 has to be the same text.
private func isAddress(_ text: String, in range: String) -> Bool {
    func bits(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".").compactMap { UInt32($0) }
        return parts.count == 4 ? parts.reduce(0) { $0 << 8 | $1 } : nil
    }
    let parts = range.split(separator: "/")
    let length = parts.count == 2 ? UInt32(parts[1]) ?? 32 : 32
    guard let address = bits(text[...]), let first = bits(parts[0]) else { return text == range }
    return length == 0 || (address ^ first) >> (32 - length) == 0
}

/// Of `2023-11-14`, `2023-11-14T22:13:20Z` or a number of seconds since 1970.
private func seconds(_ text: String) -> Double? {
    if let number = Double(text) { return number }
    let fields = text.split { !$0.isNumber }.compactMap { Int($0) }
    guard fields.count == 3 || fields.count == 6 else { return nil }
    // Years begin in March, so that the leap day is the last of its year.
    let year = fields[1] > 2 ? fields[0] : fields[0] - 1
    let month = (fields[1] + 9) % 12
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + fields[2] - 1 - 719_468
    let time = fields.count == 6 ? fields[3] * 3600 + fields[4] * 60 + fields[5] : 0
    return Double(days * 86_400 + time)
}
