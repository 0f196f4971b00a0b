import HSMWorkerProtocol
import PKCS11
import SecureMemory

extension Lane {
    /// The key of the next two fields, found and verified.
    func key(_ fields: inout FrameCursor) throws -> (KeyCache.Entry, KeyCache.ID) {
        let id = try KeyCache.ID(&fields)
        // Read in any case: a key that is known costs no copy of its check value.
        if let entry = keys.entry(id) {
            _ = try fields.field()
            return (entry, id)
        }
        let checkValue = try fields.bytes()
        return (try keys.resolve(id, checkValue: checkValue, in: session), id)
    }

    /// Runs `body` with the key, and once more with the key looked up anew when its handle turned out to be dead.
    func withKey(
        _ fields: inout FrameCursor, _ body: (inout FrameCursor, KeyCache.Entry) throws -> Void
    ) throws {
        let start = fields
        let (entry, id) = try key(&fields)
        do {
            try body(&fields, entry)
        } catch let error as PKCS11Error
            where error.returnValue.failureClass == .object || error.returnValue == .keyFunctionNotPermitted
        {
            // The latter is what some tokens answer while another lane destroys the object.
            dropSession()
            try? keys.forget(id)
            fields = start
            let (fresh, _) = try key(&fields)
            try body(&fields, fresh)
        }
    }

    /// As ``withKey(_:_:)``, for a key that seals: no other gets to the mechanism.
    private func withCipherKey(
        _ fields: inout FrameCursor, _ body: (inout FrameCursor, ObjectHandle) throws -> Void
    ) throws {
        try withKey(&fields) { fields, key in
            guard key.template.kind == .aes else { throw key.template.unfit(for: "AES-GCM") }
            try body(&fields, key.handle)
        }
    }

    func encrypt(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        try withCipherKey(&fields) { fields, key in
            let aad = try fields.field()
            let plaintext = try fields.field()
            try seal(fields.frame, plaintext, aad: aad, of: fields.frame, with: key, into: reply)
        }
    }

    func decrypt(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let start = fields
        try withCipherKey(&fields) { fields, key in
            let aad = try fields.field()
            let sealed = try fields.field()
            try open(sealed, aad: aad, of: fields.frame, with: key, named: start, into: reply)
        }
    }

    /// Fields: key, AAD, size in two bytes. The answer is the sealed data key and, where wanted, the data key.
    func generateDataKey(_ fields: inout FrameCursor, into reply: SecureBuffer, showingPlaintext: Bool) throws {
        try withCipherKey(&fields) { fields, key in
            let aad = try fields.field()
            let count = Int(try fields.integer(as: UInt16.self))
            let dataKey = SecureBuffer(capacity: count)
            try appendRandom(count, to: dataKey)
            try seal(dataKey, 0..<count, aad: aad, of: fields.frame, with: key, into: reply)
            if showingPlaintext { dataKey.withExposedBytes { reply.appendField($0) } }
        }
    }

    /// Fields: source key, its AAD, the sealed bytes, destination key, its AAD.
    func reEncrypt(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let start = fields
        // Opening wants the room of ciphertext and tag, which the frame has too.
        let plaintext = SecureBuffer(capacity: fields.frame.count)
        try withCipherKey(&fields) { fields, key in
            let aad = try fields.field()
            let sealed = try fields.field()
            plaintext.removeAll()
            try open(sealed, aad: aad, of: fields.frame, with: key, named: start, into: plaintext)
        }
        // Behind the length of the field that `open` wrote.
        let opened = 4..<plaintext.count
        try withCipherKey(&fields) { fields, key in
            let aad = try fields.field()
            try seal(plaintext, opened, aad: aad, of: fields.frame, with: key, into: reply)
        }
    }

    func generateRandom(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let count = Int(try fields.integer(as: UInt16.self))
        reply.append(bigEndian: UInt32(count))
        try appendRandom(count, to: reply)
    }

    private func appendRandom(_ count: Int, to buffer: SecureBuffer) throws(PKCS11Error) {
        try buffer.appendWithin(count) { (room: inout MutableRawSpan) throws(PKCS11Error) in
            try session.generateRandom(into: &room)
            return room.byteCount
        }
    }

    /// Seals a part of `buffer` into a field of `reply`; the AAD is a field of `frame`.
    func seal(
        _ buffer: SecureBuffer, _ plaintext: Range<Int>, aad: Range<Int>, of frame: SecureBuffer,
        with key: ObjectHandle, into reply: SecureBuffer
    ) throws(PKCS11Error) {
        try reply.appendMeasured { (output: inout MutableRawSpan) throws(PKCS11Error) in
            try frame.withExposedBytes(in: aad) { (aad: RawSpan) throws(PKCS11Error) in
                try buffer.withExposedBytes(in: plaintext) { (bytes: RawSpan) throws(PKCS11Error) in
                    try cipher.seal(bytes, with: key, aad: aad, in: session, ivs: &ivs, into: &output)
                }
            }
        }
    }

    /// Opens a sealed field of `frame` into a field of `reply`.
    ///
    /// What the token answers for a bad ciphertext may be what it answers when it is broken. So the key's check value
    /// is opened too: if that works, it was the ciphertext. `named` stands where the key's fields begin.
    private func open(
        _ sealed: Range<Int>, aad: Range<Int>, of frame: SecureBuffer, with key: ObjectHandle, named: FrameCursor,
        into reply: SecureBuffer
    ) throws {
        guard sealed.count >= AESGCM.overhead else { throw OperationFailure(.invalidCiphertext, "too short") }
        do {
            try reply.appendMeasured { (output: inout MutableRawSpan) throws(PKCS11Error) in
                try frame.withExposedBytes(in: aad) { (aad: RawSpan) throws(PKCS11Error) in
                    try frame.withExposedBytes(in: sealed) { (sealed: RawSpan) throws(PKCS11Error) in
                        try cipher.open(sealed, with: key, aad: aad, in: session, into: &output)
                    }
                }
            }
        } catch {
            guard token.isDecryptFailure(error) else { throw error }
            dropSession()
            try confirm(key, named: named)
            throw OperationFailure(.invalidCiphertext, error.description)
        }
    }

    /// Throws unless the key fits its check value now. `named` stands where the key's fields begin.
    func confirm(_ key: ObjectHandle, named: FrameCursor) throws {
        var fields = named
        let id = try KeyCache.ID(&fields)
        guard try keys.fits(try fields.bytes(), key, id, in: session) else {
            throw OperationFailure(.materialMissing, "the key \(id.text) no longer fits its check value")
        }
    }
}

extension SecureBuffer {
    /// Appends a field whose size is known only once it is written.
    func appendMeasured(_ body: (inout MutableRawSpan) throws(PKCS11Error) -> Int) throws(PKCS11Error) {
        let start = count
        append(bigEndian: UInt32(0))
        do throws(PKCS11Error) {
            try appendWithin(.max, body)
        } catch {
            truncate(to: start)
            throw error
        }
        replace(bigEndian: UInt32(count - start - 4), at: start)
    }
}
