import CPKCS11
import SecureMemory

// Key management functions: PKCS#11 v2.40, section 5.13.
extension Session {
    /// Makes a secret key (C_GenerateKey).
    package borrowing func generateKey(
        _ mechanism: Mechanism, _ template: [Attribute]
    ) throws(PKCS11Error) -> ObjectHandle {
        var key: CK_OBJECT_HANDLE = 0
        try unsafe functions.call("C_GenerateKey", functions.pointer.pointee.C_GenerateKey) { generate in
            unsafe mechanism.withRaw { raw in
                unsafe withTemplate(template) { attributes, count in
                    unsafe generate(handle, raw, attributes, count, &key)
                }
            }
        }
        return ObjectHandle(rawValue: key)
    }

    /// Makes a key pair (C_GenerateKeyPair).
    package borrowing func generateKeyPair(
        _ mechanism: Mechanism, publicKey: [Attribute], privateKey: [Attribute]
    ) throws(PKCS11Error) -> (publicKey: ObjectHandle, privateKey: ObjectHandle) {
        var publicHandle: CK_OBJECT_HANDLE = 0
        var privateHandle: CK_OBJECT_HANDLE = 0
        try unsafe functions.call("C_GenerateKeyPair", functions.pointer.pointee.C_GenerateKeyPair) { generate in
            unsafe mechanism.withRaw { raw in
                unsafe withTemplate(publicKey) { publicAttributes, publicCount in
                    unsafe withTemplate(privateKey) { privateAttributes, privateCount in
                        unsafe generate(
                            handle, raw, publicAttributes, publicCount, privateAttributes, privateCount,
                            &publicHandle, &privateHandle
                        )
                    }
                }
            }
        }
        return (ObjectHandle(rawValue: publicHandle), ObjectHandle(rawValue: privateHandle))
    }

    /// Wraps `key` under `wrappingKey` into `output`; answers how many bytes were written (C_WrapKey).
    package borrowing func wrapKey(
        _ key: ObjectHandle, with wrappingKey: ObjectHandle, _ mechanism: Mechanism, into output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int {
        var size = CK_ULONG(output.byteCount)
        try unsafe output.withUnsafeMutableBytes { (raw: UnsafeMutableRawBufferPointer) throws(PKCS11Error) in
            let target = unsafe raw.baseAddress?.assumingMemoryBound(to: UInt8.self)
            try unsafe functions.call("C_WrapKey", functions.pointer.pointee.C_WrapKey) { wrap in
                unsafe mechanism.withRaw { unsafe wrap(handle, $0, wrappingKey.rawValue, key.rawValue, target, &size) }
            }
        }
        return try checked(size, output.byteCount, "C_WrapKey")
    }

    /// Makes a key from its wrapped form (C_UnwrapKey).
    package borrowing func unwrapKey(
        _ wrapped: RawSpan, with unwrappingKey: ObjectHandle, _ mechanism: Mechanism, _ template: [Attribute]
    ) throws(PKCS11Error) -> ObjectHandle {
        var key: CK_OBJECT_HANDLE = 0
        let function = unsafe functions.pointer.pointee.C_UnwrapKey
        guard let unwrap = unsafe function else { throw PKCS11Error("C_UnwrapKey", .functionNotSupported) }
        let value = unsafe wrapped.withInput { input, size in
            unsafe mechanism.withRaw { raw in
                unsafe withTemplate(template) { attributes, count in
                    unsafe unwrap(handle, raw, unwrappingKey.rawValue, input, size, attributes, count, &key)
                }
            }
        }
        try functions.check("C_UnwrapKey", value)
        return ObjectHandle(rawValue: key)
    }

    /// Makes a key from another one (C_DeriveKey).
    package borrowing func deriveKey(
        _ base: ObjectHandle, _ mechanism: Mechanism, _ template: [Attribute]
    ) throws(PKCS11Error) -> ObjectHandle {
        var key: CK_OBJECT_HANDLE = 0
        try unsafe functions.call("C_DeriveKey", functions.pointer.pointee.C_DeriveKey) { derive in
            unsafe mechanism.withRaw { raw in
                unsafe withTemplate(template) { attributes, count in
                    unsafe derive(handle, raw, base.rawValue, attributes, count, &key)
                }
            }
        }
        return ObjectHandle(rawValue: key)
    }
}
