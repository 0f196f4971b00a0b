import HSMWorker
import HSMWorkerProtocol
import SecureMemory

/// The worker's operations, asked for as the server does: what passes here serves.
final class Product {
    private let lane: WorkerLane
    private let objects: ConformanceObjects

    /// A key that the worker made or imported.
    struct Key {
        let id: [UInt8]
        let checkValue: [UInt8]
        /// DER SubjectPublicKeyInfo of a pair.
        let publicKey: [UInt8]
        /// Whether imported material was opened by the worker and not in the token.
        var isWorkersToOpen = false
    }

    init(_ lane: WorkerLane, _ objects: ConformanceObjects) {
        self.lane = lane
        self.objects = objects
    }

    func generateKey(_ spec: String, _ usage: String) throws -> Key {
        let id = objects.newID()
        var reply = try lane.ask(.generateKey) { request in
            request.append(id)
            request.appendField(Array(spec.utf8))
            request.appendField(Array(usage.utf8))
        }
        return Key(id: id, checkValue: try reply.bytes(), publicKey: try reply.bytes())
    }

    func destroy(_ key: Key) throws {
        _ = try lane.ask(.destroyKey) { $0.append(key.id) }
    }

    func verify(_ key: Key) throws {
        _ = try lane.ask(.verifyKey) { request in
            request.append(key.id)
            request.appendField(key.checkValue)
        }
    }

    func encrypt(_ text: [UInt8], aad: [UInt8], _ key: Key) throws -> [UInt8] {
        try answer(.encrypt, key, [aad, text])
    }

    func decrypt(_ sealed: [UInt8], aad: [UInt8], _ key: Key) throws -> [UInt8] {
        try answer(.decrypt, key, [aad, sealed])
    }

    func sign(_ input: [UInt8], _ algorithm: String, _ key: Key) throws -> [UInt8] {
        try answer(.sign, key, [Array(algorithm.utf8), input])
    }

    func authenticationCode(_ message: [UInt8], _ algorithm: String, _ key: Key) throws -> [UInt8] {
        try answer(.generateMAC, key, [Array(algorithm.utf8), message])
    }

    func decryptRSA(_ ciphertext: [UInt8], _ algorithm: String, _ key: Key) throws -> [UInt8] {
        try answer(.decryptRSA, key, [Array(algorithm.utf8), ciphertext])
    }

    func sharedSecret(_ point: [UInt8], _ key: Key) throws -> [UInt8] {
        try answer(.deriveSharedSecret, key, [point])
    }

    func importKey(
        _ spec: String, _ usage: String, under wrappingKey: Key, _ algorithm: String, _ wrapped: [UInt8]
    ) throws -> Key {
        let id = objects.newID()
        var reply = try lane.ask(.importKey) { request in
            request.append(id)
            request.appendField(Array(spec.utf8))
            request.appendField(Array(usage.utf8))
            request.append(wrappingKey.id)
            request.appendField(wrappingKey.checkValue)
            request.appendField(Array(algorithm.utf8))
            request.appendField(wrapped)
            request.appendField([UInt8]())
        }
        return Key(
            id: id, checkValue: try reply.bytes(), publicKey: try reply.bytes(),
            isWorkersToOpen: try reply.integer(as: UInt8.self) != 0)
    }

    private func answer(_ operation: Operation, _ key: Key, _ fields: [[UInt8]]) throws -> [UInt8] {
        var reply = try lane.ask(operation) { request in
            request.append(key.id)
            request.appendField(key.checkValue)
            for field in fields { request.appendField(field) }
        }
        return try reply.bytes()
    }
}
