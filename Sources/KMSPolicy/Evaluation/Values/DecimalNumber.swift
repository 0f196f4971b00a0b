/// A number as conditions write it.
enum DecimalNumber {
    /// - Parameter text: As in `365`, `-1.5` or `1e3`. Nil for anything else.
    static func value(of text: String) -> Double? {
        // Double reads hexadecimal, "nan" and "inf" too.
        guard text.utf8.allSatisfy({ $0.isASCIIDigit || "+-.eE".utf8.contains($0) }), let value = Double(text),
            value.isFinite
        else { return nil }
        return value
    }
}
