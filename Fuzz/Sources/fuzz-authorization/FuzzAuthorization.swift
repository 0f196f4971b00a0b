import SigV4

/// Whatever the header: no trap; and what is taken has one reading, so that it is read the same way when it is written
/// as an SDK writes it.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzAuthorization(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    guard let header = try? AuthorizationHeader(parsing: bytes.span) else { return 0 }
    precondition(header.signature.count == 32 && !header.accessKeyID.isEmpty && !header.signedHeaders.isEmpty)
    // A header at the limit grows by a few blanks.
    let text = written(header)
    precondition(text.utf8.count > AuthorizationHeader.maximumByteCount || (try? AuthorizationHeader(text)) == header)
    return 0
}

private func written(_ header: AuthorizationHeader) -> String {
    let scope = [header.scope.day, header.scope.region, header.scope.service].joined(separator: "/")
    let signature = header.signature.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    return """
        AWS4-HMAC-SHA256 Credential=\(header.accessKeyID)/\(scope)/\(header.terminator), \
        SignedHeaders=\(header.signedHeaders.joined(separator: ";")), Signature=\(signature)
        """
}
