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
        keyID: blob.keyID, materialNumber: blob.materialNumber, scheme: blob.scheme)
    precondition(CiphertextBlob.encode(header: header, sealed: blob.sealed) == bytes, "a second form of one ciphertext")
    precondition(blob.scheme.rawValue == bytes[0], "a ciphertext taken for one of another version")
    precondition(blob.scheme.plaintextSizes(of: blob.sealed.bytes.count) != nil, "a size that no sealing has")
    precondition(KeyID(blob.keyID.description) == blob.keyID, "a key id that its text form loses")
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
