/// The APIs that speak AWS's query protocol: a form in, XML out.
package enum QueryAPI: String, Sendable {
    /// AWS Identity and Access Management.
    case iam
    /// AWS Security Token Service.
    case sts
    /// The stores of a server's XKS proxy, which AWS has no API for.
    case xks = "kms-xks-proxy"

    /// By which requests name the API.
    var version: String {
        switch self {
        case .iam: "2010-05-08"
        case .sts: "2011-06-15"
        case .xks: "2026-11-21"
        }
    }
}

/// One call of a query API.
package struct QueryCall: Hashable, Sendable {
    package let api: QueryAPI
    /// AWS's name of the operation, such as `CreateUser`.
    package let action: String
    /// By their names. Elements of lists are `NAME.member.1` and on.
    package var parameters: [String: String]

    package init(_ action: String, of api: QueryAPI = .iam, _ parameters: [String: String?] = [:]) {
        self.api = api
        self.action = action
        self.parameters = parameters.compactMapValues(\.self)
    }

    /// As the form's media type wants it (URL Standard, section 5.1), by name.
    var body: [UInt8] {
        let all = parameters.merging(["Action": action, "Version": api.version]) { _, own in own }
        let pairs = all.sorted { $0.key < $1.key }.map { "\(Self.escape($0.key))=\(Self.escape($0.value))" }
        return Array(pairs.joined(separator: "&").utf8)
    }

    /// All but the unreserved characters of RFC 3986 (section 2.3) as `%` and two digits.
    private static func escape(_ text: String) -> String {
        var escaped: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                escaped.append(byte)
            default:
                let digits = Array("0123456789ABCDEF".utf8)
                escaped += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
