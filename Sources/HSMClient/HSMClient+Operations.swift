import HSMWorkerProtocol
public import KMSCore
public import SecureMemory

// One method of KeyBackend each: a frame out, a frame in.
extension HSMClient {
    public func destroyKey(_ id: ObjectID) async throws(KMSError) {
        let frame = request(.destroyKey, room: 16) { $0.append(id) }
        // Safe to repeat: to find none is success.
        _ = try await callFirst(frame, repeats: 1)
        // Afterwards, not before: a worker that is busy with the key would look it up again, and keep a copy.
        try await forgetKey(id)
    }

    public func forgetKey(_ id: ObjectID) async throws(KMSError) {
        try await callAll { request(.forgetKey, room: 16) { $0.append(id) } }
    }

    public func verifyKey(_ key: MaterialReference) async throws(KMSError) {
        let frame = request(.verifyKey, room: 24 + key.checkValue.count) { $0.append(key) }
        _ = try await callFirst(frame, repeats: 1)
    }

    public func inventory() async throws(KMSError) -> Set<ObjectID> {
        var all: Set<ObjectID> = []
        var after: [UInt8] = []
        while true {
            let last = after
            let frame = request(.inventory, room: 32) { $0.appendField(last) }
            // A token with very many objects takes its time.
            var reply = try await callFirstSlowly(frame, repeats: 1)
            let batch = try reply.read { (fields) throws(FrameError) in
                let count = try fields.integer(as: UInt32.self)
                var batch: [ObjectID] = []
                for _ in 0..<count {
                    batch.append(ObjectID(high: try fields.integer(), low: try fields.integer()))
                }
                return batch
            }
            all.formUnion(batch)
            guard let end = batch.last, batch.count == Frame.inventoryBatch else { return all }
            // A worker that does not get on would be asked for ever.
            guard after.lexicographicallyPrecedes(end.bytes) else { throw Self.unreadable }
            after = end.bytes
        }
    }

    public func encrypt(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        let room = 32 + key.checkValue.count + aad.count + plaintext.count
        let frame = SecureBuffer(frame: 0, code: Operation.encrypt.rawValue, capacity: room + Frame.headerSize)
        frame.append(key)
        frame.appendField(aad)
        frame.appendField(plaintext)
        frame.endFrame()
        var reply = try await callAny(frame)
        return try reply.sealedBytes()
    }

    public func encryptConfirmed(
        _ plaintext: borrowing SecretBytes, authenticating aad: [UInt8], digesting prefix: [UInt8],
        with key: MaterialReference
    ) async throws(KMSError) -> ConfirmedSealing {
        let room = 40 + key.checkValue.count + aad.count + plaintext.count + prefix.count
        let frame = SecureBuffer(frame: 0, code: Operation.encryptConfirmed.rawValue, capacity: room + Frame.headerSize)
        frame.append(key)
        frame.appendField(aad)
        frame.appendField(plaintext)
        frame.appendField(prefix)
        frame.endFrame()
        var reply = try await callAny(frame)
        return ConfirmedSealing(sealed: try reply.sealedBytes(), digest: try reply.publicBytes())
    }

    public func decrypt(
        _ sealed: SealedBytes, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SecretBytes {
        let frame = request(.decrypt, room: 32 + key.checkValue.count + aad.count + sealed.bytes.count) {
            $0.append(key)
            $0.appendField(aad)
            $0.appendField(sealed.bytes)
        }
        var reply = try await callAny(frame)
        return try reply.secretBytes()
    }

    public func reEncrypt(
        _ sealed: SealedBytes, authenticating sourceAAD: [UInt8], with source: MaterialReference,
        authenticating destinationAAD: [UInt8], with destination: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        let room =
            64 + source.checkValue.count + destination.checkValue.count + sourceAAD.count + destinationAAD.count
            + sealed.bytes.count
        let frame = request(.reEncrypt, room: room) {
            $0.append(source)
            $0.appendField(sourceAAD)
            $0.appendField(sealed.bytes)
            $0.append(destination)
            $0.appendField(destinationAAD)
        }
        var reply = try await callAny(frame)
        return try reply.sealedBytes()
    }

    public func generateDataKey(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> DataKey {
        var reply = try await callAny(dataKeyRequest(.generateDataKey, count, aad, key))
        let sealed = try reply.sealedBytes()
        return DataKey(plaintext: try reply.secretBytes(), sealed: sealed)
    }

    public func generateDataKeyWithoutPlaintext(
        _ count: Int, authenticating aad: [UInt8], with key: MaterialReference
    ) async throws(KMSError) -> SealedBytes {
        var reply = try await callAny(dataKeyRequest(.generateDataKeyWithoutPlaintext, count, aad, key))
        return try reply.sealedBytes()
    }

    private func dataKeyRequest(
        _ operation: Operation, _ count: Int, _ aad: [UInt8], _ key: MaterialReference
    ) -> SecureBuffer {
        request(operation, room: 32 + key.checkValue.count + aad.count) {
            $0.append(key)
            $0.appendField(aad)
            $0.append(bigEndian: UInt16(clamping: count))
        }
    }

    public func generateRandom(_ count: Int) async throws(KMSError) -> SecretBytes {
        let frame = request(.generateRandom, room: 2) { $0.append(bigEndian: UInt16(clamping: count)) }
        var reply = try await callAny(frame)
        return try reply.secretBytes()
    }

    public func checkHealth() async throws(KMSError) {
        _ = try await callAny(request(.checkHealth, room: 0) { _ in })
    }
}
