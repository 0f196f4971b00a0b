package import KMSCore

/// What names in the XKS Proxy API may be.
package enum XKSNames {
    /// XksProxyUriPath has at most 128 characters, of which `/` and `/kms/xks/v1` take twelve.
    package static let maximumPrefix = 116

    /// Whether a store can have this prefix: parts of letters, digits, `_` and `-` with a slash between them.
    package static func isPrefix(_ text: String) -> Bool {
        let slash = UInt8(ascii: "/")
        var last = slash
        for byte in text.utf8 {
            guard byte.isWordOrHyphen || byte == slash && last != slash else { return false }
            last = byte
        }
        return last != slash && text.utf8.count <= maximumPrefix
    }

    package static func check(prefix: String) throws(KMSError) {
        guard isPrefix(prefix) else {
            throw KMSError(
                .validation,
                "The prefix '\(prefix.prefix(200))' is none: it has at most \(maximumPrefix) letters, digits, '_', '-' and "
                    + "single slashes inside, as in acme/payments."
            )
        }
    }

    /// Whether a text can be an external key id (XKS Proxy API, section 2.3).
    package static func isKeyID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0.isWordOrHyphen || $0 == UInt8(ascii: ".") }
    }

    static func check(keyID: String) throws(KMSError) {
        guard isKeyID(keyID) else {
            throw KMSError(
                .validation,
                "'\(keyID.prefix(200))' is no external key id: it has from 1 to 128 letters, digits, '.', '_' and '-'.")
        }
    }
}

extension UInt8 {
    fileprivate var isWordOrHyphen: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension XKSStore {
    /// XksProxyUriPath, as the AWS console asks for it.
    package var uriPath: String { "/\(prefix)/kms/xks/v1" }

    /// As the policies of IAM name it.
    package var arn: String { "arn:aws:strongroom:\(scope.region):\(scope.account):xks-store/\(prefix)" }
}
