package import SecureMemory

// A frame is `length (4) | id (8) | code (1) | body`, integers most significant byte first; the length is that of all
// behind it. Requests carry an Operation as code, replies a Status and the id of their request. Fields of the body
// that vary in size stand behind their length in 4 bytes.

/// Whole operations: no PKCS#11 call crosses the border.
package enum Operation: UInt8, Sendable {
    case configure = 1
    case generateKey
    case destroyKey
    case forgetKey
    case verifyKey
    case inventory
    case encrypt
    case decrypt
    case reEncrypt
    case generateDataKey
    case generateDataKeyWithoutPlaintext
    case generateRandom
    case checkHealth
    case importKey
    case identifyKey
    case generateDataKeyPair
    case generateDataKeyPairWithoutPlaintext
    case sign
    case generateMAC
    case decryptRSA
    case deriveSharedSecret
    case checkSupport
    case showsObject
    case adoptKey
    case generateMovableKey
    case wrapKey
    case unwrapKey
    case encryptConfirmed
}

/// How an operation ended. All but `ok` have a text for the log as their only field.
package enum Status: UInt8, Sendable {
    case ok = 0
    /// The ciphertext, its AAD or its key is not what was sealed.
    case invalidCiphertext
    /// The token works, but the object is not there or is not the one that was made.
    case materialMissing
    /// The token lacks a mechanism.
    case unsupported
    /// The token cannot do it now; the worker goes on.
    case unavailable
    /// The operator has to act (a wrong or locked PIN): no other worker would do better.
    case operatorNeeded
    /// The token refused, and would again.
    case failed
    /// What was to be imported is no material of its spec, or not the material that was expected.
    case incorrectKeyMaterial
    /// The token or its connection failed; the worker ends, and another one may do better.
    case ending
    /// What was named in the token is not there, or of no use. The text is for the caller.
    case unfit
}

/// A frame that breaks the rules above. The peer is our own program, so this is a defect, not an attack; it is
/// answered all the same, not trapped on.
package struct FrameError: Error, Sendable {
    package let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}

package enum Frame {
    /// The most that a frame may have, length included, in bytes: room for a re-encryption under two encryption
    /// contexts of the most and shortest pairs, 41 KB each.
    package static let maximumSize = 131_072
    package static let headerSize = 13
    /// Ids in one reply to `inventory`.
    package static let inventoryBatch = 3000
    /// The id of the exchange that begins a connection.
    package static let greeting: UInt64 = 0
}

extension SecureBuffer {
    /// Begins a frame in a buffer of `capacity` bytes, of which the header takes 13.
    package convenience init(frame id: UInt64, code: UInt8, capacity: Int) {
        self.init(capacity: capacity)
        beginFrame(id, code)
    }

    /// Begins a frame in an empty buffer.
    package func beginFrame(_ id: UInt64, _ code: UInt8) {
        append(bigEndian: UInt32(0))
        append(bigEndian: id)
        append(code)
    }

    /// Appends a field of varying size.
    package func appendField(_ bytes: RawSpan) {
        append(bigEndian: UInt32(bytes.byteCount))
        append(bytes)
    }

    package func appendField(_ bytes: [UInt8]) {
        append(bigEndian: UInt32(bytes.count))
        append(bytes)
    }

    package func appendField(_ secret: borrowing SecretBytes) {
        secret.withExposedBytes { appendField($0) }
    }

    /// Writes the length in front; the frame is then ready to go.
    package func endFrame() {
        replace(bigEndian: UInt32(count - 4), at: 0)
    }

    package var frameID: UInt64 { integer(at: 4) ?? 0 }
    package var frameCode: UInt8 { integer(at: 12) ?? 0 }
}

/// Reads a frame's fields one after the other.
package struct FrameCursor {
    package let frame: SecureBuffer
    private var offset = Frame.headerSize

    package init(_ frame: SecureBuffer) {
        self.frame = frame
    }

    package mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
        as type: T.Type = T.self
    ) throws(FrameError) -> T {
        guard let value = frame.integer(at: offset, as: T.self) else { throw FrameError("a frame ends in a number") }
        offset += MemoryLayout<T>.size
        return value
    }

    /// Where the next field of varying size stands.
    package mutating func field() throws(FrameError) -> Range<Int> {
        let size = Int(try integer(as: UInt32.self))
        guard size <= frame.count - offset else { throw FrameError("a frame ends in a field") }
        defer { offset += size }
        return offset..<(offset + size)
    }

    /// A copy of the next field, which is no secret.
    package mutating func bytes() throws(FrameError) -> [UInt8] {
        let range = try field()
        return frame.withExposedBytes(in: range) { span in
            unsafe span.withUnsafeBytes { unsafe Array($0) }
        }
    }

    package mutating func secret() throws(FrameError) -> SecretBytes {
        let range = try field()
        return frame.withExposedBytes(in: range) { SecretBytes(copying: $0) }
    }

    package mutating func text() throws(FrameError) -> String {
        String(decoding: try bytes(), as: UTF8.self)
    }
}
