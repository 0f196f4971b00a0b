import HSMWorkerProtocol
public import KMSCore
public import SecureMemory

// What key pairs and HMAC keys do.
extension HSMClient {
    public func sign(
        _ input: [UInt8], _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> [UInt8] {
        var reply = try await callAny(request(.sign, input, algorithm, key))
        return try reply.publicBytes()
    }

    public func generateMAC(
        of message: borrowing SecretBytes, _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> [UInt8] {
        let room = 64 + key.checkValue.count + algorithm.utf8.count + message.count
        let frame = SecureBuffer(frame: 0, code: Operation.generateMAC.rawValue, capacity: room + Frame.headerSize)
        frame.append(key)
        frame.appendField(algorithm)
        frame.appendField(message)
        frame.endFrame()
        var reply = try await callAny(frame)
        return try reply.publicBytes()
    }

    public func decryptRSA(
        _ ciphertext: [UInt8], _ algorithm: String, with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        var reply = try await callAny(request(.decryptRSA, ciphertext, algorithm, key))
        return try reply.secretBytes()
    }

    public func deriveSharedSecret(
        with point: [UInt8], key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        let frame = request(.deriveSharedSecret, room: 64 + key.checkValue.count + point.count) {
            $0.append(key)
            $0.appendField(point)
        }
        var reply = try await callAny(frame)
        return try reply.secretBytes()
    }

    private func request(
        _ operation: Operation, _ input: [UInt8], _ algorithm: String, _ key: MaterialReference
    ) -> SecureBuffer {
        request(operation, room: 64 + key.checkValue.count + algorithm.utf8.count + input.count) {
            $0.append(key)
            $0.appendField(algorithm)
            $0.appendField(input)
        }
    }
}
