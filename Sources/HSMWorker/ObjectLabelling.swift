import PKCS11

/// How the objects of this process are labelled, and found again among others'.
enum ObjectLabelling: Sendable {
    /// All with one label: for people with pkcs11-tool.
    case same(String)
    /// Each with its PKCS#11 id, written as a UUID (RFC 9562): where that is the name by which people know the key.
    case byID

    func label(of id: [UInt8]) -> String {
        switch self {
        case .same(let label): label
        case .byID: Self.uuid(id)
        }
    }

    /// Of a public half, which has no id while it is made.
    var publicLabel: String {
        if case .same(let label) = self { label } else { "strongroom public key" }
    }

    /// What a search for our objects asks for, beside their class.
    var search: [Attribute] {
        switch self {
        case .same(let label): [Attribute(.token, true), Attribute(.label, label)]
        case .byID: [Attribute(.token, true)]
        }
    }

    /// Whether what such a search found is ours.
    func isOurs(id: [UInt8], label: [UInt8]?) -> Bool {
        switch self {
        case .same: true
        case .byID: id.count == 16 && label == Array(Self.uuid(id).utf8)
        }
    }

    private static func uuid(_ bytes: [UInt8]) -> String {
        let digits = bytes.map(\.hexadecimal)
        return digits.indices.reduce(into: "") { text, index in
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += digits[index]
        }
    }
}
