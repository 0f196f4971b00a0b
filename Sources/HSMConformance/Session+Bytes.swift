import PKCS11
import SecureMemory

// The session's operations over byte arrays: no secret of anybody is in what checks encrypt.
extension Session {
    /// By AES-GCM; `iv` is as the module left it.
    borrowing func sealGCM(
        _ text: [UInt8], _ key: ObjectHandle, iv: inout [UInt8], aad: [UInt8] = [], room: Int? = nil
    ) throws(PKCS11Error) -> [UInt8] {
        try [UInt8](room: room ?? text.count + 64) { (output) throws(PKCS11Error) in
            var span = iv.mutableSpan
            var bytes = unsafe span.mutableBytes
            return try unsafe encryptAESGCM(text.span.bytes, with: key, iv: &bytes, aad: aad.span.bytes, into: &output)
        }
    }

    borrowing func openGCM(
        _ sealed: [UInt8], _ key: ObjectHandle, iv: [UInt8], aad: [UInt8] = []
    ) throws(PKCS11Error) -> [UInt8] {
        try [UInt8](room: sealed.count + 64) { (output) throws(PKCS11Error) in
            try unsafe decryptAESGCM(
                sealed.span.bytes, with: key, iv: iv.span.bytes, aad: aad.span.bytes, into: &output)
        }
    }

    borrowing func encrypt(
        _ input: [UInt8], _ key: ObjectHandle, _ mechanism: Mechanism, room: Int
    ) throws(PKCS11Error) -> [UInt8] {
        try [UInt8](room: room) { (output) throws(PKCS11Error) in
            try unsafe encrypt(input.span.bytes, with: key, mechanism, into: &output)
        }
    }

    borrowing func decrypt(
        _ input: [UInt8], _ key: ObjectHandle, _ mechanism: Mechanism, room: Int
    ) throws(PKCS11Error) -> [UInt8] {
        try [UInt8](room: room) { (output) throws(PKCS11Error) in
            try unsafe decrypt(input.span.bytes, with: key, mechanism, into: &output)
        }
    }

    borrowing func sign(
        _ input: [UInt8], _ key: ObjectHandle, _ mechanism: Mechanism, room: Int = 512
    ) throws(PKCS11Error) -> [UInt8] {
        try [UInt8](room: room) { (output) throws(PKCS11Error) in
            try unsafe sign(input.span.bytes, with: key, mechanism, into: &output)
        }
    }

    borrowing func wrap(
        _ key: ObjectHandle, with wrappingKey: ObjectHandle, _ mechanism: Mechanism, room: Int = 4096
    ) throws(PKCS11Error) -> [UInt8] {
        try [UInt8](room: room) { (output) throws(PKCS11Error) in
            try wrapKey(key, with: wrappingKey, mechanism, into: &output)
        }
    }

    borrowing func random(_ count: Int) throws(PKCS11Error) -> [UInt8] {
        try [UInt8](room: count) { (output) throws(PKCS11Error) in
            try generateRandom(into: &output)
            return count
        }
    }

    /// Whether the secret of a key comes out of the token in the clear.
    borrowing func givesAway(_ type: AttributeType, of key: ObjectHandle) throws(PKCS11Error) -> Bool {
        guard let value = try secretAttribute(type, of: key) else { return false }
        return value.count > 0
    }
}

extension [UInt8] {
    /// What `write` puts into a buffer of `room` bytes: it answers how many they are.
    fileprivate init(
        room: Int, _ write: (inout MutableRawSpan) throws(PKCS11Error) -> Int
    ) throws(PKCS11Error) {
        self.init(repeating: 0, count: room)
        let written: Int
        do {
            var span = mutableSpan
            var bytes = unsafe span.mutableBytes
            written = try write(&bytes)
        }
        removeLast(room - written)
    }
}
