import PKCS11
import SecureMemory

// The session's operations over byte arrays: no secret of anybody is in what checks encrypt.
extension Session {
    /// By AES-GCM; `iv` is as the module left it.
    borrowing func sealGCM(
        _ text: [UInt8], _ key: ObjectHandle, iv: inout [UInt8], aad: [UInt8] = [], room: Int? = nil
    ) throws(PKCS11Error) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: room ?? text.count + 64)
        let written: Int
        do {
            var span = output.mutableSpan
            var bytes = unsafe span.mutableBytes
            var ivSpan = iv.mutableSpan
            var ivBytes = unsafe ivSpan.mutableBytes
            written = try unsafe encryptAESGCM(
                text.span.bytes, with: key, iv: &ivBytes, aad: aad.span.bytes, into: &bytes)
        }
        return Array(output.prefix(written))
    }

    borrowing func openGCM(
        _ sealed: [UInt8], _ key: ObjectHandle, iv: [UInt8], aad: [UInt8] = []
    ) throws(PKCS11Error) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: sealed.count + 64)
        let written: Int
        do {
            var span = output.mutableSpan
            var bytes = unsafe span.mutableBytes
            written = try unsafe decryptAESGCM(
                sealed.span.bytes, with: key, iv: iv.span.bytes, aad: aad.span.bytes, into: &bytes)
        }
        return Array(output.prefix(written))
    }

    borrowing func encrypt(
        _ input: [UInt8], _ key: ObjectHandle, _ mechanism: Mechanism, room: Int
    ) throws(PKCS11Error) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: room)
        let written: Int
        do {
            var span = output.mutableSpan
            var bytes = unsafe span.mutableBytes
            written = try unsafe encrypt(input.span.bytes, with: key, mechanism, into: &bytes)
        }
        return Array(output.prefix(written))
    }

    borrowing func decrypt(
        _ input: [UInt8], _ key: ObjectHandle, _ mechanism: Mechanism, room: Int
    ) throws(PKCS11Error) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: room)
        let written: Int
        do {
            var span = output.mutableSpan
            var bytes = unsafe span.mutableBytes
            written = try unsafe decrypt(input.span.bytes, with: key, mechanism, into: &bytes)
        }
        return Array(output.prefix(written))
    }

    borrowing func sign(
        _ input: [UInt8], _ key: ObjectHandle, _ mechanism: Mechanism, room: Int = 512
    ) throws(PKCS11Error) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: room)
        let written: Int
        do {
            var span = output.mutableSpan
            var bytes = unsafe span.mutableBytes
            written = try unsafe sign(input.span.bytes, with: key, mechanism, into: &bytes)
        }
        return Array(output.prefix(written))
    }

    borrowing func wrap(
        _ key: ObjectHandle, with wrappingKey: ObjectHandle, _ mechanism: Mechanism, room: Int = 4096
    ) throws(PKCS11Error) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: room)
        let written: Int
        do {
            var span = output.mutableSpan
            var bytes = unsafe span.mutableBytes
            written = try wrapKey(key, with: wrappingKey, mechanism, into: &bytes)
        }
        return Array(output.prefix(written))
    }

    borrowing func random(_ count: Int) throws(PKCS11Error) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: count)
        do {
            var span = output.mutableSpan
            var bytes = unsafe span.mutableBytes
            try generateRandom(into: &bytes)
        }
        return output
    }

    /// Whether the secret of a key comes out of the token in the clear.
    borrowing func givesAway(_ type: AttributeType, of key: ObjectHandle) throws(PKCS11Error) -> Bool {
        guard let value = try secretAttribute(type, of: key) else { return false }
        return value.count > 0
    }
}
