import CPKCS11
package import SecureMemory

// Object management functions: PKCS#11 v2.40, section 5.7.
extension Session {
    /// Makes an object from a template; `secretValue`, where given, becomes its CKA_VALUE (C_CreateObject).
    package borrowing func createObject(
        _ template: [Attribute], secretValue: borrowing SecretBytes? = nil
    ) throws(PKCS11Error) -> ObjectHandle {
        switch secretValue {
        case .some(let secret): return try createObject(template, secretValue: secret)
        case .none: break
        }
        var object: CK_OBJECT_HANDLE = 0
        try unsafe functions.call("C_CreateObject", functions.pointer.pointee.C_CreateObject) { create in
            unsafe withTemplate(template) { attributes, count in unsafe create(handle, attributes, count, &object) }
        }
        return ObjectHandle(rawValue: object)
    }

    /// The same for a secret that is there: an optional cannot borrow one.
    package borrowing func createObject(
        _ template: [Attribute], secretValue: borrowing SecretBytes
    ) throws(PKCS11Error) -> ObjectHandle {
        var object: CK_OBJECT_HANDLE = 0
        let create = unsafe functions.pointer.pointee.C_CreateObject
        guard let create = unsafe create else { throw PKCS11Error("C_CreateObject", .functionNotSupported) }
        let value = unsafe withTemplate(template, secretValue: secretValue) { attributes, count in
            unsafe create(handle, attributes, count, &object)
        }
        try functions.check("C_CreateObject", value)
        return ObjectHandle(rawValue: object)
    }

    /// Copies an object, changed as `template` says (C_CopyObject).
    package borrowing func copyObject(
        _ original: ObjectHandle, _ template: [Attribute]
    ) throws(PKCS11Error) -> ObjectHandle {
        var object: CK_OBJECT_HANDLE = 0
        try unsafe functions.call("C_CopyObject", functions.pointer.pointee.C_CopyObject) { copy in
            unsafe withTemplate(template) { attributes, count in
                unsafe copy(handle, original.rawValue, attributes, count, &object)
            }
        }
        return ObjectHandle(rawValue: object)
    }

    package borrowing func destroyObject(_ object: ObjectHandle) throws(PKCS11Error) {
        try unsafe functions.call("C_DestroyObject", functions.pointer.pointee.C_DestroyObject) {
            $0(handle, object.rawValue)
        }
    }

    /// All objects that match every attribute of the template: asked for until there are none left, and ended
    /// whatever happens, because an unfinished search blocks the session.
    package borrowing func findObjects(_ template: [Attribute], limit: Int = .max) throws(PKCS11Error) -> [ObjectHandle]
    {
        try unsafe functions.call("C_FindObjectsInit", functions.pointer.pointee.C_FindObjectsInit) { begin in
            unsafe withTemplate(template) { attributes, count in unsafe begin(handle, attributes, count) }
        }
        var found: [ObjectHandle] = []
        var failure: PKCS11Error?
        do {
            var batch = [CK_OBJECT_HANDLE](repeating: 0, count: min(limit, 256))
            while found.count < limit {
                var count: CK_ULONG = 0
                let room = CK_ULONG(batch.count)
                try unsafe functions.call("C_FindObjects", functions.pointer.pointee.C_FindObjects) {
                    unsafe $0(handle, &batch, room, &count)
                }
                guard count > 0 else { break }
                found += batch.prefix(Int(min(count, room))).map(ObjectHandle.init(rawValue:))
            }
        } catch {
            failure = error
        }
        do {
            try unsafe functions.call("C_FindObjectsFinal", functions.pointer.pointee.C_FindObjectsFinal) {
                $0(handle)
            }
        } catch {
            failure = failure ?? error
        }
        if let failure { throw failure }
        return Array(found.prefix(limit))
    }

    /// Reads attributes in two passes, length and then value. One that the token does not give away or does not know
    /// is `unavailable`, and does not spoil the others (C_GetAttributeValue).
    package borrowing func attributes(
        _ types: [AttributeType], of object: ObjectHandle
    ) throws(PKCS11Error) -> [AttributeType: AttributeReading] {
        var readings: [AttributeType: AttributeReading] = [:]
        for type in types {
            readings[type] = try attribute(type, of: object)
        }
        return readings
    }

    /// Reads the value of an attribute that is a secret into locked memory; nil when it is unavailable.
    package borrowing func secretAttribute(
        _ type: AttributeType, of object: ObjectHandle
    ) throws(PKCS11Error) -> SecretBytes? {
        guard let size = try unsafe readAttribute(type, of: object, into: nil, 0) else { return nil }
        guard size <= 1 << 16 else { throw PKCS11Error("C_GetAttributeValue", .generalError) }
        let room = SecureBuffer(capacity: Int(size))
        var isThere = false
        try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
            try unsafe span.withUnsafeMutableBytes { (raw: UnsafeMutableRawBufferPointer) throws(PKCS11Error) in
                let written = try unsafe readAttribute(type, of: object, into: raw.baseAddress, size)
                guard let written, written <= size else { return 0 }
                isThere = true
                return Int(written)
            }
        }
        return isThere ? room.withExposedBytes { SecretBytes(copying: $0) } : nil
    }

    private borrowing func attribute(
        _ type: AttributeType, of object: ObjectHandle
    ) throws(PKCS11Error) -> AttributeReading {
        guard let size = try unsafe readAttribute(type, of: object, into: nil, 0) else { return .unavailable }
        // A module that claims a gigabyte is broken or hostile.
        guard size <= 1 << 20 else { throw PKCS11Error("C_GetAttributeValue", .generalError) }
        var bytes = [UInt8](repeating: 0, count: max(Int(size), 1))
        let written = try unsafe readAttribute(type, of: object, into: &bytes, size)
        guard let written, written <= size else { return .unavailable }
        return .value(Array(bytes.prefix(Int(written))))
    }

    /// The attribute's length in bytes, or nil when it is unavailable.
    private borrowing func readAttribute(
        _ type: AttributeType, of object: ObjectHandle, into value: UnsafeMutableRawPointer?, _ size: UInt
    ) throws(PKCS11Error) -> UInt? {
        var request = unsafe CK_ATTRIBUTE(type: type.rawValue, pValue: value, ulValueLen: size)
        do throws(PKCS11Error) {
            try unsafe functions.call("C_GetAttributeValue", functions.pointer.pointee.C_GetAttributeValue) {
                unsafe $0(handle, object.rawValue, &request, 1)
            }
        } catch  where [.attributeSensitive, .attributeTypeInvalid].contains(error.returnValue) {
            return nil
        }
        let length = unsafe request.ulValueLen
        return length == cpkcs11_unavailable_information ? nil : length
    }
}
