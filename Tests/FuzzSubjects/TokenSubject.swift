import KMSCore

/// Grant tokens and import tokens, the latter as they are once they were opened: what decodes encodes to the same bytes.
public func fuzzToken(_ bytes: [UInt8]) {
    if let token = GrantToken(decoding: bytes) { precondition(token.encoded == bytes) }
    // As found, and with the checksum mended, so that more than the checksum is looked at.
    let mended = bytes.dropLast(4) + CRC32.checksum(bytes.dropLast(4)).bigEndianBytes
    if let token = GrantToken(decoding: Array(mended)) { precondition(token.encoded == Array(mended)) }
    if let token = ImportToken(decoding: bytes, for: key) { precondition(token.encoded == bytes) }
}

private let key: KeyAddress = {
    guard let account = AccountID("111122223333"), let region = Region("eu-central-1"),
        let id = KeyID("1234abcd-12ab-34cd-56ef-1234567890ab")
    else { fatalError("the address is written wrong") }
    return KeyAddress(scope: Scope(account: account, region: region), id: id)
}()
