/// The APIs that speak the query protocol here.
package enum QueryService: String, Sendable, CaseIterable {
    /// AWS Identity and Access Management.
    case iam
    /// AWS Security Token Service.
    case sts
    /// The operators' side of the XKS proxy, which AWS has no API for: ours alone.
    case xks = "kms-xks-proxy"

    /// The API's version, by which requests name it.
    package var version: String {
        switch self {
        case .iam: "2010-05-08"
        case .sts: "2011-06-15"
        case .xks: "2026-11-21"
        }
    }

    var namespace: String { "https://\(rawValue).amazonaws.com/doc/\(version)/" }

    /// As audit records name it.
    package var eventSource: String { "\(rawValue).amazonaws.com" }

    /// The API that a body asks for by its `Version`, found without reading the rest: for the signature, whose scope
    /// names the service, is verified before anything is believed. Nil when it is none of these.
    package init?(of body: [UInt8]) {
        let version = Array("Version=".utf8)
        var position = 0
        while position < body.count {
            let rest = body[position...]
            let end = rest.firstIndex(of: UInt8(ascii: "&")) ?? body.count
            if rest.starts(with: version) {
                let value = body[(position + version.count)..<end]
                guard let service = Self.allCases.first(where: { value.elementsEqual($0.version.utf8) }) else {
                    return nil
                }
                self = service
                return
            }
            position = end + 1
        }
        return nil
    }
}
