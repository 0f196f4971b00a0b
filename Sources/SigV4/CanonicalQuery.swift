extension [UInt8] {
    /// Appends the query's parameters percent-encoded and sorted by name, then by value.
    ///
    /// Every parameter has an equals sign, as `?a` is signed as `a=`. A plus sign is a plus sign.
    mutating func appendCanonicalQuery(_ query: String) {
        // AWS KMS's operations are all in the body, so this is every request but a deliberate one.
        if query.isEmpty { return }
        var parameters: [(name: [UInt8], value: [UInt8])] = []
        for pair in Array(query.utf8).split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            var name: [UInt8] = []
            name.appendNormalizingPercentEncoding(pair[..<equals])
            var value: [UInt8] = []
            value.appendNormalizingPercentEncoding(pair[equals...].dropFirst())
            parameters.append((name, value))
        }
        parameters.sort { a, b in
            a.name == b.name ? a.value.lexicographicallyPrecedes(b.value) : a.name.lexicographicallyPrecedes(b.name)
        }
        for (index, parameter) in parameters.enumerated() {
            if index > 0 { append(UInt8(ascii: "&")) }
            append(contentsOf: parameter.name)
            append(UInt8(ascii: "="))
            append(contentsOf: parameter.value)
        }
    }
}
