import KMSCore
import SecureMemory
import XKSCore

/// A request whose sender is known: read, looked at, and then done.
struct XKSCall {
    let operation: XKSOperation
    /// Nil of GetHealthStatus alone.
    let keyID: String?
    let caller: XKSCaller
    let requestID: String

    /// What the record tells of it, as far as it was read.
    private(set) var metadata: XKSRequestMetadata?
    private(set) var key: ExposedKey?
    private(set) var decision: AuditRecord.DecisionNote?

    init(_ operation: XKSOperation, keyID: String?, by caller: XKSCaller, requestID: String) {
        self.operation = operation
        self.keyID = keyID
        self.caller = caller
        self.requestID = requestID
    }

    /// What is left to do once a request has been read and permitted: what takes the token's time.
    typealias Work = @Sendable () async -> Result<[UInt8], XKSError>

    enum Step {
        case answer([UInt8])
        case work(Work)
    }

    /// Reads the body, and decides whether it may be done.
    mutating func prepare(
        _ body: [UInt8], on stores: XKSStores, _ health: XKSHealth, _ product: XKSProduct
    ) throws(XKSError) -> Step {
        let reader = try XKSRequestReader(body)
        let metadata = try reader.metadata(for: operation)
        self.metadata = metadata
        switch operation {
        case .getHealthStatus:
            return .answer(product.healthStatus(health.report))
        case .getKeyMetadata:
            return .answer(try resolve(metadata, on: stores).metadataAnswer)
        case .encrypt:
            let request = try EncryptRequest(reader)
            return .work(request.work(try resolve(metadata, on: stores), stores, requestID))
        case .decrypt:
            let request = try DecryptRequest(reader)
            return .work(request.work(try resolve(metadata, on: stores), stores, requestID))
        }
    }

    private mutating func resolve(
        _ metadata: XKSRequestMetadata, on stores: XKSStores
    ) throws(XKSError) -> ExposedKey {
        var noted: AuditRecord.DecisionNote?
        defer { decision = noted }
        do throws(KMSError) {
            let found = try stores.resolve(keyID ?? "", of: caller.store, for: operation, metadata) { noted = $0 }
            key = found
            return found
        } catch {
            throw XKSError(error)
        }
    }
}

extension XKSCall {
    /// Reads a body as that of every operation, for the fuzzer.
    static func read(_ body: [UInt8]) {
        guard let reader = try? XKSRequestReader(body) else { return }
        for operation in XKSOperation.allCases { _ = try? reader.metadata(for: operation) }
        _ = try? EncryptRequest(reader)
        _ = try? DecryptRequest(reader)
    }
}

/// A plaintext on its way to the token. A class, because a request's work may outlive whoever waits for it.
private final class Plaintext: Sendable {
    let bytes: SecretBytes

    init(_ bytes: consuming SecretBytes) {
        self.bytes = bytes
    }
}

private struct EncryptRequest {
    private let plaintext: Plaintext
    private let additionalData: [UInt8]
    private let wantsIntegrityValue: Bool

    init(_ reader: XKSRequestReader) throws(XKSError) {
        try reader.requireConstant("encryptionAlgorithm", "AES_GCM")
        wantsIntegrityValue = try reader.constant("ciphertextDataIntegrityValueAlgorithm", "SHA_256")
        additionalData = try reader.blob("additionalAuthenticatedData", limit: XKSLimits.additionalData) ?? []
        plaintext = Plaintext(try reader.secret("plaintext", limit: XKSLimits.plaintext))
    }

    func work(_ key: ExposedKey, _ stores: XKSStores, _ requestID: String) -> XKSCall.Work {
        { [plaintext, additionalData, wantsIntegrityValue] in
            do throws(KMSError) {
                let made = try await stores.encrypt(
                    plaintext.bytes, under: key, authenticating: additionalData,
                    withIntegrityValue: wantsIntegrityValue, requestID: requestID)
                return .success(made.answer)
            } catch {
                return .failure(XKSError(error))
            }
        }
    }
}

private struct DecryptRequest {
    private let ciphertext: XKSCiphertext
    private let additionalData: [UInt8]

    init(_ reader: XKSRequestReader) throws(XKSError) {
        try reader.requireConstant("encryptionAlgorithm", "AES_GCM")
        additionalData = try reader.blob("additionalAuthenticatedData", limit: XKSLimits.additionalData) ?? []
        let metadata = try reader.blob("ciphertextMetadata", limit: .max) ?? []
        guard metadata.count <= XKSLimits.metadata else {
            throw .validation("The member ciphertextMetadata has more than \(XKSLimits.metadata) bytes.")
        }
        guard let text = try reader.blob("ciphertext", limit: XKSLimits.plaintext),
            let iv = try reader.blob("initializationVector", limit: .max), iv.count == 12 || iv.count == 16,
            let tag = try reader.blob("authenticationTag", limit: .max), tag.count == 16
        else {
            throw XKSError(
                .invalidCiphertext,
                "ciphertext, initializationVector (12 or 16 bytes) and authenticationTag (16 bytes) are needed.")
        }
        ciphertext = XKSCiphertext(
            metadata: metadata, initializationVector: iv, ciphertext: text, authenticationTag: tag)
    }

    func work(_ key: ExposedKey, _ stores: XKSStores, _ requestID: String) -> XKSCall.Work {
        { [ciphertext, additionalData] in
            do throws(KMSError) {
                let plaintext = try await stores.decrypt(
                    ciphertext, under: key, authenticating: additionalData, requestID: requestID)
                var answer = JSONWriter(capacity: 64 + plaintext.count / 3 * 4)
                answer.object { writer in plaintext.withExposedBytes { writer.blob("plaintext", $0) } }
                return .success(answer.bytes)
            } catch {
                return .failure(XKSError(error))
            }
        }
    }
}

extension XKSStores.Encrypted {
    fileprivate var answer: [UInt8] {
        var answer = JSONWriter(capacity: 384 + ciphertext.ciphertext.count / 3 * 4)
        answer.object {
            $0.blob("ciphertext", ciphertext.ciphertext)
            $0.blob("initializationVector", ciphertext.initializationVector)
            $0.blob("authenticationTag", ciphertext.authenticationTag)
            $0.blob("ciphertextMetadata", ciphertext.metadata)
            if let integrityValue { $0.blob("ciphertextDataIntegrityValue", integrityValue) }
        }
        return answer.bytes
    }
}

extension ExposedKey {
    fileprivate var metadataAnswer: [UInt8] {
        var answer = JSONWriter()
        answer.object {
            $0.string("keySpec", "AES_256")
            $0.array("keyUsage", KeyExposure.Use.allCases.filter(exposure.uses.contains)) { $0.element($1.rawValue) }
            // Unavailable is a fault of the token's, and nothing that its owner did to the key.
            $0.string("keyStatus", state == .enabled || state == .unavailable ? "ENABLED" : "DISABLED")
        }
        return answer.bytes
    }
}
