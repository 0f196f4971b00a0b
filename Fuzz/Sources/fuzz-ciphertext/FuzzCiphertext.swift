import KMSCore

/// Whatever the bytes: no trap; and what is taken for a ciphertext is one, so that encoding it anew gives the same
/// bytes.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzCiphertext(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    check(bytes)
    // Few inputs get past the checksum by chance, so each is also tried with the right one.
    if bytes.count >= 26 {
        bytes.replaceSubrange(22..<26, with: checksum(bytes[..<22]))
        check(bytes)
    }
    return 0
}

private func check(_ bytes: [UInt8]) {
    guard let blob = try? CiphertextBlob(decoding: bytes) else { return }
    let header = CiphertextBlob.header(
        keyID: blob.keyID, materialNumber: blob.materialNumber, format: blob.format)
    precondition(CiphertextBlob.encode(header: header, blob.content) == bytes, "a second form of one ciphertext")
    precondition(blob.format.rawValue == bytes[0], "a ciphertext taken for one of another version")
    switch (blob.format, blob.content) {
    case (.aesGCM, .sealed(let sealed)): checkSize(of: sealed, .aesGCM)
    case (.encryptThenMAC, .sealed(let sealed)): checkSize(of: sealed, .encryptThenMAC)
    case (.external, .double): break
    default: preconditionFailure("content of another version")
    }
    precondition(KeyID(blob.keyID.description) == blob.keyID, "a key id that its text form loses")
}

private func checkSize(of sealed: SealedBytes, _ scheme: SealingScheme) {
    precondition(scheme.plaintextSizes(of: sealed.bytes.count) != nil, "a size that no sealing has")
}

/// CRC-32 written a second time, bit by bit, most significant byte first.
private func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var remainder = UInt32.max
    for byte in bytes {
        remainder ^= UInt32(byte)
        for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0xedb8_8320 : 0) }
    }
    return (0..<4).map { UInt8(truncatingIfNeeded: ~remainder >> (24 - 8 * $0)) }
}
