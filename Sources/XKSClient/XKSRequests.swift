import FoundationEssentials
import KMSCore

/// What proxies are asked (XKS Proxy API, version 1.0).
enum XKSRequests {
    struct Metadata: Encodable {
        var awsPrincipalArn: String?
        var kmsKeyArn: String?
        var kmsOperation: String
        var kmsRequestId: String
        var kmsViaService: String?

        init(_ call: ExternalCall) {
            awsPrincipalArn = call.principalARN
            kmsKeyArn = call.keyARN
            kmsOperation = call.operation
            kmsRequestId = call.requestID
            kmsViaService = call.viaService
        }

        /// Of GetHealthStatus.
        init(operation: String, requestID: String) {
            kmsOperation = operation
            kmsRequestId = requestID
        }
    }

    struct Plain: Encodable {
        let requestMetadata: Metadata
    }

    struct Encrypt: Encodable {
        let requestMetadata: Metadata
        let plaintext: Data
        let encryptionAlgorithm = "AES_GCM"
        let additionalAuthenticatedData: Data
        let ciphertextDataIntegrityValueAlgorithm = "SHA_256"
    }

    struct Decrypt: Encodable {
        let requestMetadata: Metadata
        let ciphertext: Data
        let encryptionAlgorithm = "AES_GCM"
        let additionalAuthenticatedData: Data
        let initializationVector: Data
        let authenticationTag: Data
        var ciphertextMetadata: Data?
    }

    static func body(_ request: some Encodable) -> [UInt8] {
        do {
            return Array(try JSONEncoder().encode(request))
        } catch {
            preconditionFailure("strings and bytes have a form in JSON: \(error)")
        }
    }
}
