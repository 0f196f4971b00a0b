import Glibc

/// Lines of a name and a value in two columns; those without a value are left out.
func aligned(_ lines: [(String, String?)]) -> String {
    lines.compactMap { name, value in
        value.flatMap { $0.isEmpty ? nil : name + String(repeating: " ", count: max(2, 17 - name.utf8.count)) + $0 }
    }.joined(separator: "\n")
}

/// Tells the user something on standard error, beside the result.
func note(_ text: String) {
    put("strongroom: note: \(text)\n", on: 2)
}

/// Writes at once, past the buffers of `print`.
func put(_ text: String, on descriptor: Int32) {
    _ = unsafe Array(text.utf8).withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
}
