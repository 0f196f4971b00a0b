import HSMWorkerProtocol
public import KMSCore
import SecureMemory

// How keys move from one token to another. Like all that makes keys it may take long, and goes through one worker.
extension HSMClient {
    public func generateMovableKey(
        _ spec: KeySpec, for usage: KeyUsage, id: ObjectID
    ) async throws(KMSError) -> GeneratedKey {
        let frame = request(.generateMovableKey, room: 64 + spec.rawValue.utf8.count + usage.rawValue.utf8.count) {
            $0.append(id)
            $0.appendField(spec.rawValue)
            $0.appendField(usage.rawValue)
        }
        var reply = try await callFirstSlowly(frame)
        return try reply.generatedKey()
    }

    public func wrapKey(
        _ key: MaterialReference, under publicKey: [UInt8], _ algorithm: String
    ) async throws(KMSError) -> [UInt8] {
        let room = 64 + key.checkValue.count + publicKey.count + algorithm.utf8.count
        let frame = request(.wrapKey, room: room) {
            $0.append(key)
            $0.appendField(publicKey)
            $0.appendField(algorithm)
        }
        var reply = try await callFirstSlowly(frame, repeats: 1)
        return try reply.publicBytes()
    }

    public func unwrapKey(
        _ material: WrappedMaterial, as id: ObjectID, matching source: MaterialReference, of spec: KeySpec,
        for usage: KeyUsage
    ) async throws(KMSError) -> GeneratedKey {
        let room = 96 + material.room + spec.rawValue.utf8.count + source.checkValue.count
        let frame = request(.unwrapKey, room: room) {
            $0.append(id)
            $0.append(material, of: spec, for: usage)
            $0.append(source)
        }
        var reply = try await callFirstSlowly(frame)
        return try reply.generatedKey()
    }
}
