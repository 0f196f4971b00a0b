import CP11Kit
import CPKCS11

extension TokenURI {
    /// What the URI says of an object in the token, as a template to search with: its `object` (label), `id` and `type`
    /// (RFC 7512, section 2.3). Empty where it names none.
    package func objectTemplate() throws(TokenURIError) -> [Attribute] {
        try unsafe withParsed { (uri: OpaquePointer) throws(TokenURIError) in
            var count: CK_ULONG = 0
            guard let found = unsafe p11_kit_uri_get_attributes(uri, &count) else { return [] }
            return unsafe UnsafeBufferPointer(start: found, count: Int(count)).map { raw in
                let bytes = unsafe UnsafeRawBufferPointer(start: raw.pValue, count: Int(raw.ulValueLen))
                return unsafe Attribute(AttributeType(rawValue: raw.type), Array(bytes))
            }
        }
    }
}
