/// Reads a fixed-size field: PKCS#11 pads text with spaces and ends it with no zero byte.
func paddedText<T: BitwiseCopyable>(_ field: T) -> String {
    let bytes = unsafe withUnsafeBytes(of: field) { unsafe Array($0) }
    let text = bytes.prefix { $0 != 0 }
    let end = text.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? 0
    return String(decoding: text[..<end], as: UTF8.self)
}
