import HSMWorkerProtocol
import PKCS11
import SecureMemory

/// AES-GCM as the profile's HSM does it. What it writes is always `IV (12) | ciphertext | tag (16)`.
struct AESGCM {
    static let ivSize = 12
    static let tagSize = 16
    static let overhead = ivSize + tagSize

    let ivSource: HSMProfile.GCMIVSource
    let zeroIV: Bool

    init(_ profile: HSMProfile) {
        ivSource = profile.gcmIV
        zeroIV = profile.zeroIV
    }

    /// Seals `input` into the beginning of `output`; answers how many bytes were written.
    func seal(
        _ input: RawSpan, with key: ObjectHandle, aad: RawSpan, in session: borrowing Session,
        ivs: inout IVPool, into output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int {
        guard output.byteCount >= input.byteCount + Self.overhead else {
            throw PKCS11Error("C_Encrypt", .bufferTooSmall)
        }
        if ivSource == .appended {
            return try sealWithAppendedIV(input, with: key, aad: aad, in: session, into: &output)
        }
        var iv: InlineArray<12, UInt8> = .init(repeating: 0)
        if ivSource == .caller || !zeroIV { try ivs.next(into: &iv, from: session) }
        var ivSpan = iv.mutableSpan
        var ivBytes = unsafe ivSpan.mutableBytes
        var rest = output._mutatingExtracting(droppingFirst: Self.ivSize)
        let written = try session.encryptAESGCM(input, with: key, iv: &ivBytes, aad: aad, into: &rest)
        // An HSM that wrote none used the zeros, as it would every time.
        if ivSource == .writtenBack, zeroIV, ivBytes.bytes.isZero {
            throw PKCS11Error("C_Encrypt", .mechanismParamInvalid)
        }
        // As the HSM left it: it may have put its own there.
        output.copyBytes(from: ivBytes.bytes)
        return written + Self.ivSize
    }

    private func sealWithAppendedIV(
        _ input: RawSpan, with key: ObjectHandle, aad: RawSpan, in session: borrowing Session,
        into output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int {
        let room = SecureBuffer(capacity: input.byteCount + Self.overhead)
        try room.appendWithin { (span: inout MutableRawSpan) throws(PKCS11Error) in
            var none: InlineArray<1, UInt8> = .init(repeating: 0)
            var noneSpan = none.mutableSpan
            let noneBytes = unsafe noneSpan.mutableBytes
            var noIV = noneBytes._consumingExtracting(first: 0)
            return try session.encryptAESGCM(input, with: key, iv: &noIV, aad: aad, into: &span)
        }
        guard room.count == input.byteCount + Self.overhead else {
            // An HSM that adds no IV of its own used an empty one: every such ciphertext would share it.
            throw PKCS11Error("C_Encrypt", .mechanismParamInvalid)
        }
        let end = room.count - Self.ivSize
        room.withExposedBytes(in: end..<room.count) { output.copyBytes(from: $0) }
        room.withExposedBytes(in: 0..<end) { output.copyBytes(from: $0, at: Self.ivSize) }
        return room.count
    }

    /// Opens what ``seal(_:with:aad:in:ivs:into:)`` made; answers how many bytes were written. `output` needs the room
    /// of ciphertext and tag.
    func open(
        _ sealed: RawSpan, with key: ObjectHandle, aad: RawSpan, in session: borrowing Session,
        into output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int {
        try session.decryptAESGCM(
            sealed.extracting(droppingFirst: Self.ivSize), with: key, iv: sealed.extracting(first: Self.ivSize),
            aad: aad, into: &output
        )
    }
}

/// Random IVs from the token's generator, fetched some at a time: an IV is public, and the trip costs more than it.
struct IVPool: ~Copyable {
    private let bytes = SecureBuffer(capacity: 85 * AESGCM.ivSize)
    private var used = 0

    mutating func next(into iv: inout InlineArray<12, UInt8>, from session: borrowing Session) throws(PKCS11Error) {
        if bytes.count - used < AESGCM.ivSize { try refill(from: session) }
        bytes.withExposedBytes(in: used..<(used + AESGCM.ivSize)) { fresh in
            for index in 0..<AESGCM.ivSize {
                iv[index] = unsafe fresh.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            }
        }
        used += AESGCM.ivSize
    }

    /// Fills `room`, of a cipher whose IVs have another size.
    mutating func next(into room: inout MutableRawSpan, from session: borrowing Session) throws(PKCS11Error) {
        if bytes.count - used < room.byteCount { try refill(from: session) }
        bytes.withExposedBytes(in: used..<(used + room.byteCount)) { room.copyBytes(from: $0) }
        used += room.byteCount
    }

    private mutating func refill(from session: borrowing Session) throws(PKCS11Error) {
        bytes.removeAll()
        used = 0
        try bytes.appendWithin { (room: inout MutableRawSpan) throws(PKCS11Error) in
            try session.generateRandom(into: &room)
            return room.byteCount
        }
    }
}

extension RawSpan {
    fileprivate var isZero: Bool {
        (0..<byteCount).allSatisfy { unsafe unsafeLoad(fromByteOffset: $0, as: UInt8.self) == 0 }
    }
}
