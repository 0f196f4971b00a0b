import CPKCS11
import SecureMemory

/// Lends `attributes` as the array of CK_ATTRIBUTE that the C functions take, for the length of `body`.
///
/// `secretValue` becomes CKA_VALUE without a copy of it being made.
func withTemplate<R>(
    _ attributes: [Attribute], secretValue: borrowing SecretBytes,
    _ body: (UnsafeMutablePointer<CK_ATTRIBUTE>, UInt) -> R
) -> R {
    secretValue.withExposedBytes { bytes in
        unsafe bytes.withUnsafeBytes { value in
            unsafe withTemplate(attributes, value: value, body)
        }
    }
}

func withTemplate<R>(_ attributes: [Attribute], _ body: (UnsafeMutablePointer<CK_ATTRIBUTE>, UInt) -> R) -> R {
    unsafe withTemplate(attributes, value: nil, body)
}

private func withTemplate<R>(
    _ attributes: [Attribute], value: UnsafeRawBufferPointer?,
    _ body: (UnsafeMutablePointer<CK_ATTRIBUTE>, UInt) -> R
) -> R {
    // One spare byte, so that even a value of no length has an address of its own.
    var bytes = attributes.flatMap(\.value) + [0]
    return unsafe bytes.withUnsafeMutableBytes { storage in
        var raw: [CK_ATTRIBUTE] = unsafe []
        var offset = 0
        for attribute in attributes {
            unsafe raw.append(
                CK_ATTRIBUTE(
                    type: attribute.type.rawValue, pValue: storage.baseAddress! + offset,
                    ulValueLen: UInt(attribute.value.count)
                )
            )
            offset += attribute.value.count
        }
        if let value = unsafe value {
            unsafe raw.append(
                CK_ATTRIBUTE(
                    type: AttributeType.value.rawValue, pValue: UnsafeMutableRawPointer(mutating: value.baseAddress),
                    ulValueLen: UInt(value.count)
                )
            )
        }
        return unsafe raw.withUnsafeMutableBufferPointer { buffer in
            // An empty template has no address to give; the functions take null with a count of zero there.
            var none = unsafe CK_ATTRIBUTE()
            guard let start = buffer.baseAddress, buffer.count > 0 else { return unsafe body(&none, 0) }
            return unsafe body(start, UInt(buffer.count))
        }
    }
}
