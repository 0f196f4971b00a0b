import HSMWorkerProtocol
import KMSCore
import SecureMemory

// What the operations share of writing frames and reading replies.

extension HSMClient {
    /// A whole frame; `room` is the most that its body takes.
    func request(_ operation: Operation, room: Int, _ write: (SecureBuffer) -> Void) -> SecureBuffer {
        let frame = SecureBuffer(frame: 0, code: operation.rawValue, capacity: room + Frame.headerSize)
        write(frame)
        frame.endFrame()
        return frame
    }
}

extension SealingScheme {
    /// The scheme of the key that a worker made the check value for.
    init(checkValue: [UInt8]) {
        self = CheckValueName.read(checkValue)?.name.kind == .encryptThenMAC ? .encryptThenMAC : .aesGCM
    }
}

extension SecureBuffer {
    func append(_ id: ObjectID) {
        append(bigEndian: id.high)
        append(bigEndian: id.low)
    }

    func append(_ key: MaterialReference) {
        append(key.object)
        appendField(key.checkValue)
    }

    func appendField(_ text: String) {
        appendField(Array(text.utf8))
    }
}

extension FrameCursor {
    mutating func read<T: ~Copyable>(_ body: (inout FrameCursor) throws(FrameError) -> T) throws(KMSError) -> T {
        do throws(FrameError) {
            return try body(&self)
        } catch {
            throw HSMClient.unreadable
        }
    }

    /// What follows the text in the greeting of a worker that ends.
    mutating func fault() -> WorkerFault {
        (try? integer(as: UInt8.self)).flatMap(WorkerFault.init) ?? .other
    }

    mutating func publicBytes() throws(KMSError) -> [UInt8] {
        try read { (fields) throws(FrameError) in try fields.bytes() }
    }

    mutating func sealedBytes() throws(KMSError) -> SealedBytes {
        guard let sealed = SealedBytes(try publicBytes()) else { throw HSMClient.unreadable }
        return sealed
    }

    mutating func secretBytes() throws(KMSError) -> SecretBytes {
        try read { (fields) throws(FrameError) in try fields.secret() }
    }

    mutating func generatedKey() throws(KMSError) -> GeneratedKey {
        GeneratedKey(checkValue: try publicBytes(), publicKey: try publicBytes())
    }
}
