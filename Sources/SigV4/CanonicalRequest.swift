import Crypto

/// The text that stands for a request in its signature:
/// method, path, query, headers, their names and the body's hash, a line each (AWS, "Create a signed AWS API request").
struct CanonicalRequest {
    private(set) var bytes: [UInt8] = []

    /// - Parameters:
    ///   - path: As in the request line; percent escapes in it are escaped once more, as everywhere but in S3.
    ///   - query: What follows the question mark, or nothing.
    ///   - signedHeaders: Lower-case names in sorted order. One that the request lacks counts as empty, as in AWS:
    ///     nobody downstream can tell the two apart.
    ///   - bodyHash: 64 hexadecimal digits.
    init(
        method: String, path: String, query: String, signedHeaders: [String], bodyHash: [UInt8],
        headerValue: (String) -> String?
    ) {
        // Enough for what the SDKs send, so that the text is built in one allocation.
        bytes.reserveCapacity(1024)
        bytes.append(contentsOf: method.utf8)
        bytes.append(UInt8(ascii: "\n"))
        bytes.appendCanonicalPath(path)
        bytes.append(UInt8(ascii: "\n"))
        bytes.appendCanonicalQuery(query)
        bytes.append(UInt8(ascii: "\n"))
        for name in signedHeaders {
            bytes.append(contentsOf: name.utf8)
            bytes.append(UInt8(ascii: ":"))
            if let value = headerValue(name) { bytes.appendCanonicalHeaderValue(value) }
            bytes.append(UInt8(ascii: "\n"))
        }
        bytes.append(UInt8(ascii: "\n"))
        for (index, name) in signedHeaders.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ";")) }
            bytes.append(contentsOf: name.utf8)
        }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: bodyHash)
    }

    /// The text that the signing key is applied to.
    func stringToSign(at time: SigningTime, scope: CredentialScope) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(192)
        text.append(contentsOf: "AWS4-HMAC-SHA256\n".utf8)
        text.append(contentsOf: time.basicFormat)
        text.append(UInt8(ascii: "\n"))
        text.append(scope)
        text.append(UInt8(ascii: "\n"))
        unsafe text.append(contentsOf: hexadecimalSHA256(of: bytes.span.bytes))
        return text
    }
}

/// SHA-256 in the form in which requests state it: 64 lower-case digits.
func hexadecimalSHA256(of bytes: RawSpan) -> [UInt8] {
    var hash = SHA256()
    unsafe bytes.withUnsafeBytes { buffer in unsafe hash.update(bufferPointer: buffer) }
    return unsafe hash.finalize().withUnsafeBytes { digest in
        unsafe [UInt8](unsafeUninitializedCapacity: 64) { text, count in
            for index in digest.indices {
                unsafe text[2 * index] = [UInt8].hexadecimalDigit(digest[index] >> 4)
                unsafe text[2 * index + 1] = [UInt8].hexadecimalDigit(digest[index] & 15)
            }
            count = 64
        }
    }
}

extension [UInt8] {
    /// Appends a header's value without whitespace at its ends and with one space for each run of it inside.
    ///
    /// Tabs and line ends count as whitespace as they do in botocore; it also keeps a value from adding a line.
    fileprivate mutating func appendCanonicalHeaderValue(_ value: String) {
        // Most values have none of it.
        if !value.utf8.contains(where: { $0 <= UInt8(ascii: " ") }) { return append(contentsOf: value.utf8) }
        var pendingSpace = false
        let start = count
        for byte in value.utf8 {
            if byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte) {
                pendingSpace = count > start
            } else {
                if pendingSpace { append(UInt8(ascii: " ")) }
                pendingSpace = false
                append(byte)
            }
        }
    }
}
