import CP11Kit
import CPKCS11

/// A PKCS#11 URI that names a token (RFC 7512), as in `pkcs11:token=strongroom;serial=0123456789abcdef`.
///
/// Parsing and matching are p11-kit's.
package struct TokenURI: Hashable, Sendable {
    package let text: String

    private static let tokenAttributes: Set = ["token", "serial", "model", "manufacturer"]

    /// Throws when `text` is no PKCS#11 URI, names nothing of a token, or carries a PIN.
    package init(_ text: String) throws(TokenURIError) {
        self.text = text
        try unsafe withParsed { (uri: OpaquePointer) throws(TokenURIError) in
            guard unsafe p11_kit_uri_get_pin_value(uri) == nil, unsafe p11_kit_uri_get_pin_source(uri) == nil else {
                throw TokenURIError("the URI carries a PIN; name a PIN source instead, and take the PIN out")
            }
            guard unsafe p11_kit_uri_any_unrecognized(uri) == 0 else {
                throw TokenURIError("the URI has an attribute that RFC 7512 does not know")
            }
        }
        let attributes = text.dropFirst("pkcs11:".count).split(whereSeparator: { ";?&".contains($0) })
        guard attributes.contains(where: { Self.tokenAttributes.contains(String($0.prefix { $0 != "=" })) }) else {
            throw TokenURIError("the URI names no token; give its label (token=) or, better, its serial number too")
        }
    }

    /// The one slot whose token fits. Two that fit are refused: guessing could use the wrong keys.
    package func select(in module: Module) throws -> Slot {
        let found = try module.slotsWithToken().filter { slot in
            let info = try slot.rawTokenInfo()
            return try unsafe withParsed { (uri: OpaquePointer) throws(TokenURIError) in
                var info = info
                return unsafe p11_kit_uri_match_token_info(uri, &info) == 1
            }
        }
        guard let slot = found.first else {
            throw TokenURIError(
                "no token of the module matches \(text); pkcs11-tool --list-slots shows what there is", isAbsence: true)
        }
        guard found.count == 1 else {
            throw TokenURIError("\(found.count) tokens match \(text); add serial= to name one of them")
        }
        return slot
    }

    func withParsed<R>(_ body: (OpaquePointer) throws(TokenURIError) -> R) throws(TokenURIError) -> R {
        guard let uri = unsafe p11_kit_uri_new() else { throw TokenURIError("out of memory") }
        defer { unsafe p11_kit_uri_free(uri) }
        let result = unsafe p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri)
        guard result == P11_KIT_URI_OK.rawValue else {
            let message = unsafe p11_kit_uri_message(result).map { unsafe String(cString: $0) }
            throw TokenURIError("\(text) is not a PKCS#11 URI (RFC 7512): \(message ?? "it cannot be parsed")")
        }
        return try unsafe body(uri)
    }
}

package struct TokenURIError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether the URI is right and its token not there.
    package let isAbsence: Bool

    init(_ description: String, isAbsence: Bool = false) {
        self.description = description
        self.isAbsence = isAbsence
    }
}

extension Slot {
    func rawTokenInfo() throws(PKCS11Error) -> CK_TOKEN_INFO {
        var info = CK_TOKEN_INFO()
        try unsafe module.functions.call("C_GetTokenInfo", module.functions.pointer.pointee.C_GetTokenInfo) {
            unsafe $0(id, &info)
        }
        return info
    }
}
