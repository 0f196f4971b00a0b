/// An AWS account id: 12 decimal digits.
public struct AccountID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let description: String

    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 12, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        description = String(text)
    }

    public static func < (a: AccountID, b: AccountID) -> Bool { a.description < b.description }
}

/// A Region's name, as in `eu-central-1`.
public struct Region: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let description: String

    /// Accepts what AWS does: `^([a-z]+-){2,3}\d+$`, at most 32 characters.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count <= 32, (3...4).contains(parts.count), let number = parts.last, !number.isEmpty,
            number.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            parts.dropLast().allSatisfy({ word in
                !word.isEmpty && word.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            })
        else { return nil }
        description = String(text)
    }

    public static func < (a: Region, b: Region) -> Bool { a.description < b.description }
}

/// What a key or alias belongs to. Keys of one scope are not seen from another, as if each were a server of its own.
public struct Scope: Hashable, Sendable {
    public let account: AccountID
    public let region: Region

    public init(account: AccountID, region: Region) {
        self.account = account
        self.region = region
    }

    package func keyARN(_ id: KeyID) -> String {
        "arn:aws:kms:\(region):\(account):key/\(id)"
    }

    /// The ARN of an alias whose name is given whole, with its `alias/`.
    package func aliasARN(_ name: String) -> String {
        "arn:aws:kms:\(region):\(account):\(name)"
    }
}

/// A key's full address.
public struct KeyAddress: Hashable, Sendable {
    public let scope: Scope
    public let id: KeyID

    public init(scope: Scope, id: KeyID) {
        self.scope = scope
        self.id = id
    }

    package var arn: String { scope.keyARN(id) }
}
