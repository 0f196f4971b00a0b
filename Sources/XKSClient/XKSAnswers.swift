import FoundationEssentials
import KMSCore

/// What proxies answer (XKS Proxy API, version 1.0), read strictly: whatever is not exactly as it has to be is
/// `invalidResponse`. Members that are not known are left alone.
enum XKSAnswers {
    static func read<T: Decodable>(_ type: T.Type, from answer: XKSTransport.Answer) throws(XKSProxyFailure) -> T {
        guard answer.status == 200 else { throw failure(in: answer) }
        do {
            return try JSONDecoder().decode(type, from: Data(answer.body))
        } catch {
            throw XKSProxyFailure(.invalidResponse, "the answer's JSON has not the members that it has to have")
        }
    }

    private struct ErrorBody: Decodable {
        let errorName: String
        let errorMessage: String?
    }

    private static let names: [String: XKSProxyFailure.Kind] = [
        "AccessDeniedException": .accessDenied, "AuthenticationFailedException": .authenticationFailed,
        "DependencyTimeoutException": .dependencyTimeout, "InternalException": .internalFailure,
        "InvalidCiphertextException": .invalidCiphertext, "InvalidKeyUsageException": .invalidKeyUsage,
        "InvalidStateException": .invalidState, "InvalidUriPathException": .invalidURIPath,
        "KeyNotFoundException": .keyNotFound, "ThrottlingException": .throttling,
        "UnsupportedOperationException": .unsupportedOperation, "ValidationException": .validation,
    ]

    private static func failure(in answer: XKSTransport.Answer) -> XKSProxyFailure {
        guard let body = try? JSONDecoder().decode(ErrorBody.self, from: Data(answer.body)),
            let kind = names[body.errorName]
        else {
            return XKSProxyFailure(
                .invalidResponse, "HTTP status \(answer.status) without an errorName that is known")
        }
        // Its text is the proxy's: bounded, and of printable characters only, before it is in a log.
        let text = (body.errorMessage ?? "").unicodeScalars.prefix(512).filter { (0x20...0x7e).contains($0.value) }
        return XKSProxyFailure(
            kind, "HTTP status \(answer.status), \(body.errorName): \(String(String.UnicodeScalarView(text)))")
    }

    // MARK: GetHealthStatus

    struct Health: Decodable {
        struct Manager: Decodable {
            let id: String
            let model: String
            let healthStatus: String
        }

        let xksProxyFleetSize: Int
        let xksProxyVendor: String
        let xksProxyModel: String
        let ekmVendor: String
        let ekmFleetDetails: [Manager]

        func check() throws(XKSProxyFailure) {
            let states: Set = ["ACTIVE", "DEGRADED", "UNAVAILABLE"]
            guard xksProxyFleetSize > 0, (1...10).contains(ekmFleetDetails.count),
                ekmFleetDetails.allSatisfy({ states.contains($0.healthStatus) })
            else { throw XKSProxyFailure(.invalidResponse, "a health status with values that it cannot have") }
            guard ekmFleetDetails.contains(where: { $0.healthStatus != "UNAVAILABLE" }) else {
                throw XKSProxyFailure(.unhealthy, "all external key managers are UNAVAILABLE")
            }
        }
    }

    // MARK: GetKeyMetadata

    struct Metadata: Decodable {
        let keySpec: String
        let keyUsage: [String]
        let keyStatus: String

        func checked() throws(XKSProxyFailure) -> ExternalKeyMetadata {
            // Callers are shown them.
            guard ([keySpec, keyStatus] + keyUsage).allSatisfy({ $0.isName }), keyUsage.count <= 10 else {
                throw XKSProxyFailure(.invalidResponse, "key metadata with values that it cannot have")
            }
            return ExternalKeyMetadata(spec: keySpec, usage: keyUsage, status: keyStatus)
        }
    }

    // MARK: Encrypt and Decrypt

    struct Encrypted: Decodable {
        let ciphertext: String
        let initializationVector: String
        let authenticationTag: String
        let ciphertextMetadata: String?
        let ciphertextDataIntegrityValue: String?

        /// - Parameters:
        ///   - size: That of the plaintext.
        ///   - integrityValue: What the integrity value of a sealing has to be.
        func checked(
            size: Int, _ integrityValue: (ExternalSealing) -> [UInt8]
        ) throws(XKSProxyFailure) -> ExternalSealing {
            guard let ciphertext = [UInt8](base64: ciphertext), ciphertext.count == size,
                let iv = [UInt8](base64: initializationVector), let tag = [UInt8](base64: authenticationTag),
                let metadata = [UInt8](base64: ciphertextMetadata ?? ""),
                let sealing = ExternalSealing(metadata: metadata, iv: iv, tag: tag, ciphertext: ciphertext)
            else { throw XKSProxyFailure(.invalidResponse, "a part of the ciphertext has a size that it cannot have") }
            guard let value = ciphertextDataIntegrityValue.flatMap([UInt8].init(base64:)),
                value == integrityValue(sealing)
            else {
                throw XKSProxyFailure(
                    .invalidResponse, "ciphertextDataIntegrityValue is not that of what the answer holds")
            }
            return sealing
        }
    }

    struct Decrypted: Decodable {
        let plaintext: String

        func checked(size: Int) throws(XKSProxyFailure) -> [UInt8] {
            guard let plaintext = [UInt8](base64: plaintext), plaintext.count == size else {
                throw XKSProxyFailure(.invalidResponse, "the plaintext is not as long as its ciphertext")
            }
            return plaintext
        }
    }
}

extension [UInt8] {
    /// RFC 4648, section 4, with its padding; nil for anything else. Foundation alone takes more padding than there is.
    fileprivate init?(base64 text: String) {
        guard let data = Data(base64Encoded: text), data.base64EncodedString() == text else { return nil }
        self = Array(data)
    }
}

extension String {
    /// Whether it is like the names that the API has: `AES_256`, `ENCRYPT`.
    fileprivate var isName: Bool {
        (1...64).contains(utf8.count)
            && utf8.allSatisfy { character in
                switch character {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
