/// The id of a custom key store: `cks-` and 17 hexadecimal digits.
public struct CustomKeyStoreID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let description: String

    /// Nil for anything that is not exactly an id.
    public init?(_ text: some StringProtocol) {
        let digits = text.utf8.dropFirst(4)
        guard text.hasPrefix("cks-"), digits.count == 17, digits.allSatisfy({ Hexadecimal.value(of: $0) != nil })
        else { return nil }
        description = String(text)
    }

    private init(digits: Substring) {
        description = "cks-" + digits
    }

    /// A new id from the system's cryptographic generator.
    package static func random() -> CustomKeyStoreID {
        CustomKeyStoreID(digits: ObjectID.random().description.prefix(17))
    }

    public static func < (a: CustomKeyStoreID, b: CustomKeyStoreID) -> Bool { a.description < b.description }
}
