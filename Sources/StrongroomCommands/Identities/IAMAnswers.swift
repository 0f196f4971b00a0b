import FoundationEssentials
import KMSAPIClient

// What IAM answers, as the commands show it.

extension XMLElement {
    /// The same as the AWS CLI prints it: policy documents are JSON of their own.
    var json: JSONValue {
        if name.hasSuffix("Document") || name == "Document" {
            return JSONValue(parsing: documentText) ?? .string(documentText)
        }
        if !children.isEmpty {
            if children.allSatisfy({ $0.name == "member" }) { return .array(children.map(\.json)) }
            return .object(Dictionary(children.map { ($0.name, $0.json) }) { first, _ in first })
        }
        if name.hasPrefix("Is"), text == "true" || text == "false" { return .bool(text == "true") }
        if name.hasSuffix("Count") || name == "MaxSessionDuration", let number = Int(text) { return .integer(number) }
        return .string(text)
    }

    /// IAM gives documents percent-encoded.
    var documentText: String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Of the child `Tags`.
    var tags: [String: String] {
        Dictionary(members("Tags").map { ($0.text("Key") ?? "", $0.text("Value") ?? "") }) { first, _ in first }
    }

    /// Of the child `PermissionsBoundary`.
    var boundary: String? { self["PermissionsBoundary"]?.text("PermissionsBoundaryArn") }
}

extension [String: String] {
    /// As in `team=finance, stage=prod`.
    var pairs: String { sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ") }
}

/// Rows of words in columns as wide as they need.
func columns(_ rows: [[String?]]) -> String {
    let rows = rows.map { $0.map { $0 ?? "-" } }
    let widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
        rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
        row.enumerated().map { column, word in
            column == row.count - 1 ? word : word + String(repeating: " ", count: widths[column] + 2 - word.count)
        }.joined()
    }.joined(separator: "\n")
}

extension QueryCall {
    /// With elements of a list of strings.
    func adding(_ list: String, _ values: [String]) -> QueryCall {
        var call = self
        for (index, value) in values.enumerated() { call.parameters["\(list).member.\(index + 1)"] = value }
        return call
    }

    /// With tags, by their names.
    func adding(tags: [String: String]) -> QueryCall {
        var call = self
        for (index, tag) in tags.sorted(by: { $0.key < $1.key }).enumerated() {
            call.parameters["Tags.member.\(index + 1).Key"] = tag.key
            call.parameters["Tags.member.\(index + 1).Value"] = tag.value
        }
        return call
    }
}

extension ClientOptions {
    /// Calls an operation of IAM that answers nothing that is to be shown.
    func call(_ call: QueryCall, done: String) async throws {
        _ = try await withClient { try await $0.call(call) }
        print(json ? "{}" : done)
    }

    /// Calls an operation of IAM; prints the answer as JSON with `--json`, and else what `text` makes of it.
    func call(_ call: QueryCall, _ text: (XMLElement) -> String) async throws {
        let answer = try await withClient { try await $0.call(call) }
        try show(answer.json, text(answer))
    }

    /// Calls a List operation of IAM and prints its list.
    func list(
        _ call: QueryCall, _ list: String, empty: String, _ row: (XMLElement) -> [String?]
    ) async throws {
        let elements = try await withClient { try await $0.list(call, list) }
        let text = elements.isEmpty ? empty : columns(elements.map(row))
        try show(JSONValue.object([list: .array(elements.map(\.json))]), text)
    }
}
