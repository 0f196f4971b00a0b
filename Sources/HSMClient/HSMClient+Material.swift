import HSMWorkerProtocol
public import KMSCore
import SecureMemory

// How keys come into being: what may take long, and goes through one worker.
extension HSMClient {
    public func generateKey(
        _ spec: KeySpec, for usage: KeyUsage, id: ObjectID
    ) async throws(KMSError) -> GeneratedKey {
        try await generate(spec, usage.rawValue, id)
    }

    public func checkSupport(
        of spec: KeySpec, for usage: KeyUsage, imported: Bool
    ) async throws(KMSError) {
        let frame = request(.checkSupport, room: 16 + spec.rawValue.utf8.count + usage.rawValue.utf8.count) {
            $0.appendField(spec.rawValue)
            $0.appendField(usage.rawValue)
            $0.append(imported ? 1 : 0)
        }
        _ = try await callAny(frame)
    }

    public func sealingScheme(of key: MaterialReference) -> SealingScheme { .init(checkValue: key.checkValue) }

    public func adoptedObject(of key: MaterialReference) -> [UInt8]? {
        AdoptedPlace(checkValue: key.checkValue)?.bytes
    }

    public func adoptKey(labelled label: String, as id: ObjectID) async throws(KMSError) -> GeneratedKey {
        let frame = request(.adoptKey, room: 32 + label.utf8.count) {
            $0.append(id)
            $0.appendField(label)
        }
        var reply = try await callFirst(frame, repeats: 1)
        return try reply.generatedKey()
    }

    public func generateWrappingKey(_ spec: KeySpec, id: ObjectID) async throws(KMSError) -> GeneratedKey {
        try await generate(spec, "UNWRAP", id)
    }

    private func generate(_ spec: KeySpec, _ usage: String, _ id: ObjectID) async throws(KMSError) -> GeneratedKey {
        let frame = request(.generateKey, room: 64 + spec.rawValue.utf8.count + usage.utf8.count) {
            $0.append(id)
            $0.appendField(spec.rawValue)
            $0.appendField(usage)
        }
        var reply = try await callFirstSlowly(frame)
        return try reply.generatedKey()
    }

    public func importKey(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage, id: ObjectID, expecting checkValue: [UInt8]?
    ) async throws(KMSError) -> ImportedKey {
        let expected = checkValue ?? []
        let frame = request(.importKey, room: 64 + material.room + spec.rawValue.utf8.count + expected.count) {
            $0.append(id)
            $0.append(material, of: spec, for: usage)
            $0.appendField(expected)
        }
        var reply = try await callFirstSlowly(frame)
        let key = try reply.generatedKey()
        switch try reply.read({ (fields) throws(FrameError) in try fields.integer(as: UInt8.self) }) {
        case 0: return ImportedKey(key: key, place: .token)
        case 1: return ImportedKey(key: key, place: .worker)
        default: throw Self.unreadable
        }
    }

    public func identify(
        _ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage, among candidates: [MaterialReference]
    ) async throws(KMSError) -> Int? {
        let room = candidates.reduce(64 + material.room + spec.rawValue.utf8.count) { $0 + 20 + $1.checkValue.count }
        let frame = request(.identifyKey, room: room) {
            $0.append(material, of: spec, for: usage)
            $0.append(bigEndian: UInt16(clamping: candidates.count))
            for candidate in candidates { $0.append(candidate) }
        }
        var reply = try await callFirstSlowly(frame, repeats: 1)
        let index = try reply.read { (fields) throws(FrameError) in try fields.integer(as: UInt32.self) }
        guard index != .max else { return nil }
        guard index < candidates.count else { throw Self.unreadable }
        return Int(index)
    }

    public func generateDataKeyPair(
        _ spec: KeySpec, authenticating aad: [UInt8], with key: MaterialReference, showingPrivateKey: Bool
    ) async throws(KMSError) -> DataKeyPair {
        let operation: Operation = showingPrivateKey ? .generateDataKeyPair : .generateDataKeyPairWithoutPlaintext
        let room = 64 + key.checkValue.count + aad.count + spec.rawValue.utf8.count
        let frame = request(operation, room: room) {
            $0.append(key)
            $0.appendField(aad)
            $0.appendField(spec.rawValue)
        }
        var reply = try await callAnySlowly(frame)
        let publicKey = try reply.publicBytes()
        let sealed = try reply.sealedBytes()
        guard showingPrivateKey else {
            return DataKeyPair(publicKey: publicKey, sealedPrivateKey: sealed, privateKey: nil)
        }
        return DataKeyPair(publicKey: publicKey, sealedPrivateKey: sealed, privateKey: try reply.secretBytes())
    }
}

extension WrappedMaterial {
    /// The most that it takes in a frame, but for the names of spec and usage.
    var room: Int { 64 + wrappingKey.checkValue.count + algorithm.utf8.count + bytes.count }
}

extension SecureBuffer {
    func append(_ material: WrappedMaterial, of spec: KeySpec, for usage: KeyUsage) {
        appendField(spec.rawValue)
        appendField(usage.rawValue)
        append(material.wrappingKey)
        appendField(material.algorithm)
        appendField(material.bytes)
    }
}
