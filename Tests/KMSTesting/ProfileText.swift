internal import Foundation
internal import HSMWorkerProtocol

/// Reads what profiles in `hsm-config/` use of YAML: fields with a value, a list or a map, one level deep. The server
/// has a whole reader; a test of the two together is in StrongroomCommandsTests.
enum ProfileText {
    static func profile(_ text: String) throws -> HSMProfile {
        var fields: [String: Any] = [:]
        var name = ""
        for line in text.split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("#") {
            let (field, value) = pair(line.drop { $0 == " " })
            if !line.hasPrefix(" "), let field {
                name = field
                fields[name] = scalar(value)
            } else if line.hasPrefix("  - ") {
                fields[name] = (fields[name] as? [Any] ?? []) + [scalar(line.dropFirst(4))]
            } else if line.hasPrefix("  "), !line.hasPrefix("    "), let field {
                // Files have several lines, and are written by the scripts.
                var map = fields[name] as? [String: Any] ?? [:]
                map[field] = name == "files" ? "" : scalar(value)
                fields[name] = map
            }
        }
        fields = fields.filter { !($0.value is NSNull) }
        return try JSONDecoder().decode(HSMProfile.self, from: JSONSerialization.data(withJSONObject: fields))
    }

    private static func pair(_ line: Substring) -> (String?, Substring) {
        guard let colon = line.firstIndex(of: ":") else { return (nil, line) }
        return (String(line[..<colon]), line[line.index(after: colon)...])
    }

    private static func scalar(_ text: Substring) -> Any {
        let text = text.trimmingCharacters(in: .whitespaces)
        if text.hasPrefix("["), text.hasSuffix("]") {
            return text.dropFirst().dropLast().split(separator: ",").map { scalar($0) }
        }
        switch text {
        case "", "null": return NSNull()
        case "{}": return [String: Any]()
        case "true": return true
        case "false": return false
        default: break
        }
        if text.hasPrefix("0x"), let number = UInt(text.dropFirst(2), radix: 16) { return number }
        if let number = Double(text) { return number }
        return text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
    }
}
