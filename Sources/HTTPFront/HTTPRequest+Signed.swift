package import HTTPTypes

extension HTTPRequest {
    /// A header's value as SigV4 signs it; several are joined by commas.
    package func signedValue(of name: String) -> String? {
        // The HTTP types keep Host apart, as HTTP/2 does.
        if name == "host" { return authority }
        var value: String?
        for field in headerFields where field.name.canonicalName == name {
            value = value.map { "\($0),\(field.value)" } ?? field.value
        }
        return value
    }

    package func signedValue(of name: String, in signed: some Sequence<String>) -> String? {
        signed.contains(name) ? signedValue(of: name) : nil
    }
}
