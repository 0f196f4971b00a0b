import HSMWorkerProtocol
import LibCrypto
import SecureMemory

extension Lane {
    /// Fields: those of an encryption, and what the digest begins with. The answer is the sealed bytes and the digest of
    /// both. What was made is digested first, and then opened as anybody's ciphertext is.
    func encryptConfirmed(_ fields: inout FrameCursor, into reply: SecureBuffer) throws {
        let frame = fields.frame
        let start = fields
        try encrypt(&fields, into: reply)
        let prefix = try fields.field()
        let sealed = (Frame.headerSize + 4)..<reply.count
        reply.appendField(digest(of: prefix, in: frame, and: sealed, in: reply))

        fields = start
        _ = try KeyCache.ID(&fields)
        _ = try fields.field()
        let keyAndAAD = Frame.headerSize..<(try fields.field().upperBound)
        let plaintext = try fields.secret()
        let opening = SecureBuffer(
            frame: 0, code: Operation.decrypt.rawValue, capacity: Frame.headerSize + keyAndAAD.count + 4 + sealed.count)
        frame.withExposedBytes(in: keyAndAAD) { opening.append($0) }
        reply.withExposedBytes(in: sealed) { opening.appendField($0) }
        // The module wants the room of the tag too.
        let opened = SecureBuffer(frame: 0, code: Status.ok.rawValue, capacity: Frame.headerSize + 4 + sealed.count)
        var request = FrameCursor(opening)
        try decrypt(&request, into: opened)
        var answer = FrameCursor(opened)
        guard try answer.secret().isEqual(to: plaintext) else {
            throw harmless(.invalidCiphertext, "what was encrypted decrypts to something else")
        }
    }

    private func digest(
        of prefix: Range<Int>, in frame: SecureBuffer, and sealed: Range<Int>, in reply: SecureBuffer
    ) -> [UInt8] {
        let both = SecureBuffer(capacity: prefix.count + sealed.count)
        frame.withExposedBytes(in: prefix) { both.append($0) }
        reply.withExposedBytes(in: sealed) { both.append($0) }
        return both.withExposedBytes(in: 0..<both.count) { Digest.sha256.hash($0) }
    }
}
