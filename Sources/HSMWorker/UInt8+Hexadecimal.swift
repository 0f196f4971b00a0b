extension UInt8 {
    /// Two digits.
    var hexadecimal: String { String(self >> 4, radix: 16) + String(self & 15, radix: 16) }
}
