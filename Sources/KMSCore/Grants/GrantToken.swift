/// What CreateGrant answers besides the grant's id, and what RetireGrant takes in its stead.
///
/// Grants are in force when CreateGrant returns, so a token gives nothing that its grant does not give. Nothing about
/// it is secret, and whoever makes one up has gained nothing. Those of other keys, and of grants that are no more, are
/// passed over where a request has them to be allowed by.
package struct GrantToken: Hashable, Sendable {
    package let grantID: String
    package let key: KeyAddress
    /// Makes every token another, as AWS has it: CreateGrant that finds its grant made already gives a new token.
    private let salt: UInt64

    package init(grantID: String, key: KeyAddress) {
        self.grantID = grantID
        self.key = key
        salt = .random(in: .min ... .max)
    }
}

/// `1 | salt (8) | grant id (32) | account (12) | Region, behind its length in 1 byte | key id (36) | CRC-32 (4)`, of
/// which account, Region and key id are text. The wire has it in base64.
extension GrantToken {
    private static let version: UInt8 = 1
    private static let sizeBeforeRegion = 1 + 8 + 32 + 12 + 1
    private static let sizeBehindRegion = 36 + 4

    package var encoded: [UInt8] {
        let region = Array(key.scope.region.description.utf8)
        let bytes =
            [Self.version] + salt.bigEndianBytes + (Hexadecimal.decode(grantID.utf8) ?? [])
            + key.scope.account.description.utf8 + [UInt8(truncatingIfNeeded: region.count)] + region
            + key.id.description.utf8
        return bytes + CRC32.checksum(bytes).bigEndianBytes
    }

    /// Nil unless `bytes` is a token, whether or not its grant is there.
    package init?(decoding bytes: [UInt8]) {
        let known = Self.sizeBeforeRegion + Self.sizeBehindRegion
        guard bytes.count >= known, bytes[0] == Self.version,
            bytes.count == known + Int(bytes[Self.sizeBeforeRegion - 1])
        else { return nil }
        let content = bytes.dropLast(4)
        guard CRC32.checksum(content) == UInt32(bigEndianBytes: bytes.suffix(4)) else { return nil }
        let region = content.dropFirst(Self.sizeBeforeRegion).dropLast(36)
        guard let account = AccountID(Self.text(content[41..<53])), let region = Region(Self.text(region)),
            let id = KeyID(Self.text(content.suffix(36)))
        else { return nil }
        salt = UInt64(bigEndianBytes: content[1..<9])
        grantID = Hexadecimal.encode(content[9..<41])
        key = KeyAddress(scope: Scope(account: account, region: region), id: id)
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
