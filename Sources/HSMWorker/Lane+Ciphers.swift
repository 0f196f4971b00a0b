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
        // Whoever uses a key holds it: see there.
        defer { withExtendedLifetime(entry) {} }
        do {
            try body(&fields, entry)
        } catch let error as PKCS11Error
            where token.failureClass(of: error) == .object || Self.whileDestroyed.contains(error.returnValue)
        {
            try renewSession()
            token.repairs.count(.object)
            keys.forget(id)
            fields = start
            let (fresh, _) = try key(&fields)
            defer { withExtendedLifetime(fresh) {} }
            try body(&fields, fresh)
        }
    }

    /// What some tokens answer, besides those of class object, while another lane destroys the object.
    private static let whileDestroyed: Set<ReturnValue> = [.keyFunctionNotPermitted, .keyTypeInconsistent]

    /// As ``withKey(_:_:)``, for a key that seals: no other gets to the mechanism.
    private func withCipherKey(
        _ fields: inout FrameCursor, _ body: (inout FrameCursor, KeyCache.Entry) throws -> Void
    ) throws {
        try withKey(&fields) { fields, key in
            guard key.template.seals else { throw key.template.unfit(for: "encryption by the token") }
            try body(&fields, key)
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
        with key: KeyCache.Entry, into reply: SecureBuffer
    ) throws(PKCS11Error) {
        try reply.appendMeasured { (output: inout MutableRawSpan) throws(PKCS11Error) in
            try frame.withExposedBytes(in: aad) { (aad: RawSpan) throws(PKCS11Error) in
                try buffer.withExposedBytes(in: plaintext) { (bytes: RawSpan) throws(PKCS11Error) in
                    try seal(bytes, with: key.handle, key.mac?.handle, aad: aad, into: &output)
                }
            }
        }
    }

    /// Seals by what the key is for: with an HMAC key beside it, one that encrypts, then authenticates.
    func seal(
        _ plaintext: RawSpan, with key: ObjectHandle, _ mac: ObjectHandle?, aad: RawSpan,
        into output: inout MutableRawSpan
    ) throws(PKCS11Error) -> Int {
        guard let mac else {
            return try cipher.seal(plaintext, with: key, aad: aad, in: session, ivs: &ivs, into: &output)
        }
        return try EncryptThenMAC(key: key, mac: mac).seal(plaintext, aad: aad, in: session, ivs: &ivs, into: &output)
    }

    /// Opens a sealed field of `frame` into a field of `reply`. `named` stands where the key's fields begin.
    private func open(
        _ sealed: Range<Int>, aad: Range<Int>, of frame: SecureBuffer, with key: KeyCache.Entry, named: FrameCursor,
        into reply: SecureBuffer
    ) throws {
        if let mac = key.mac {
            let cipher = EncryptThenMAC(key: key.handle, mac: mac.handle)
            return try open(sealed, aad: aad, of: frame, with: cipher, key, named: named, into: reply)
        }
        guard sealed.count >= AESGCM.overhead else { throw harmless(.invalidCiphertext, "too short") }
        try blamingCiphertext(key, named) {
            try reply.appendMeasured { (output: inout MutableRawSpan) throws(PKCS11Error) in
                try frame.withExposedBytes(in: aad) { (aad: RawSpan) throws(PKCS11Error) in
                    try frame.withExposedBytes(in: sealed) { (sealed: RawSpan) throws(PKCS11Error) in
                        try cipher.open(sealed, with: key.handle, aad: aad, in: session, into: &output)
                    }
                }
            }
        }
    }

    /// The same by encrypt-then-MAC. A wrong tag is no error of the token's, but also what another key under the handle
    /// would give: so the check value is opened here too. What fails when the tag was right is never the ciphertext's
    /// fault, and is tried once more.
    private func open(
        _ sealed: Range<Int>, aad: Range<Int>, of frame: SecureBuffer, with cipher: EncryptThenMAC,
        _ key: KeyCache.Entry, named: FrameCursor, into reply: SecureBuffer
    ) throws {
        guard sealed.count >= EncryptThenMAC.minimumSize else { throw harmless(.invalidCiphertext, "too short") }
        let start = reply.count
        let isSealed: Bool
        do {
            isSealed = try open(sealed, aad: aad, of: frame, with: cipher, into: reply)
        } catch  where token.isDecryptFailure(error) {
            try renewSession()
            try confirm(key, named)
            isSealed = try open(sealed, aad: aad, of: frame, with: cipher, into: reply)
        }
        guard !isSealed else { return }
        reply.truncate(to: start)
        try confirm(key, named)
        throw harmless(.invalidCiphertext, "the tag is not the one of this ciphertext")
    }

    /// Answers whether it was sealed by these keys; when not, an empty field stands in `reply`.
    private func open(
        _ sealed: Range<Int>, aad: Range<Int>, of frame: SecureBuffer, with cipher: EncryptThenMAC,
        into reply: SecureBuffer
    ) throws(PKCS11Error) -> Bool {
        var isSealed = false
        try reply.appendMeasured { (output: inout MutableRawSpan) throws(PKCS11Error) in
            let count = try frame.withExposedBytes(in: aad) { (aad: RawSpan) throws(PKCS11Error) in
                try frame.withExposedBytes(in: sealed) { (sealed: RawSpan) throws(PKCS11Error) in
                    try cipher.open(sealed, aad: aad, in: session, into: &output)
                }
            }
            isSealed = count != nil
            return count ?? 0
        }
        return isSealed
    }

    /// Runs `decrypt`, and says that the ciphertext is bad only when that is sure.
    ///
    /// What the token answers for a bad ciphertext may be what it answers when it is broken. So the key's check value
    /// is opened too: if that works, the token does. Where its answer could have meant anything, the ciphertext is then
    /// opened once more: what failed by chance is no reason to tell somebody that their data is lost. `named` stands
    /// where the key's fields begin.
    func blamingCiphertext(
        _ key: KeyCache.Entry, _ named: FrameCursor, _ decrypt: () throws -> Void
    ) throws {
        do {
            do {
                try decrypt()
            } catch let error as PKCS11Error where token.isDecryptFailure(error) && !token.isAboutData(error) {
                try renewSession()
                try confirm(key, named)
                try decrypt()
            }
        } catch let error as PKCS11Error where token.isDecryptFailure(error) {
            try renewSession()
            if token.isAboutData(error) { try confirm(key, named) }
            throw harmless(.invalidCiphertext, "\(error)")
        }
    }

    /// Throws unless the key in use fits its check value now. It is the one that was used: the cache may have another
    /// or none of it, when keys are forgotten meanwhile. `named` stands where the key's fields begin.
    private func confirm(_ key: KeyCache.Entry, _ named: FrameCursor) throws {
        var fields = named
        let id = try KeyCache.ID(&fields)
        let checkValue = try fields.bytes()
        if try keys.fits(checkValue, key, id, in: session) { return }
        // By chance this time too?
        try renewSession()
        if try keys.fits(checkValue, key, id, in: session) { return }
        throw OperationFailure(.materialMissing, "the key \(id.text) no longer fits its check value")
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
