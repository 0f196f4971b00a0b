import FoundationEssentials
import HSMClient
import HSMWorkerProtocol
import LibCrypto

/// Key material in another PKCS#11 token. It is wrapped there, by a worker process of its own, so that the plaintext is
/// in no memory of this host.
struct TokenSource: Sendable {
    /// Names token and object, and neither PIN nor module.
    let uri: String
    let module: String
    let pin: PINSource

    /// - Parameter text: RFC 7512, with `module-path` and `pin-source` where there are no options for them.
    init(_ text: String, module: String?, pinFile: String?) throws(CommandFailure) {
        let address = try TokenAddress(text, module: module, pinFile: pinFile)
        guard let pin = address.pin else {
            throw CommandFailure("no PIN of the token is given", hint: "give --pin-file and a file of mode 0600")
        }
        uri = address.uri
        self.module = address.module
        self.pin = pin
    }

    // MARK: Wrapping

    /// Has the token wrap the key. Throws `WorkerTaskError` where it does not.
    func wrap(under publicKey: [UInt8], _ wrapping: WrappingAlgorithm) async throws -> ExportedKey {
        let configuration = HSMClientConfiguration(
            workerProgram: try HSM.workerProgram(),
            settings: WorkerSettings(
                modulePath: module, tokenURI: uri, pinSource: pin, profile: HSMProfile()
            ),
            environment: TokenAddress.environment
        )
        let request = KeyExportRequest(publicKey: publicKey, algorithm: wrapping.name)
        // It blocks for as long as the token takes.
        return try await LaneThread.run { () throws(WorkerTaskError) in try WorkerTask.wrapKey(request, configuration) }
    }
}

extension ExportedKey {
    /// Throws where the object is not what `spec` takes. What the token does not tell the server will find out.
    func check(_ spec: MaterialSpec) throws(CommandFailure) {
        let isRight =
            switch spec.kind {
            case .secret(let bytes): objectClass == "secret-key" && (sizeInBits ?? 8 * bytes) == 8 * bytes
            case .pair(.rsa(let bits)): keyType == "RSA" && (sizeInBits ?? bits) == bits
            case .pair(.ec(let curve)): keyType == "EC" && (self.curve ?? curve.rawValue) == curve.rawValue
            case .pair(.ed25519): keyType == "EC_EDWARDS"
            }
        guard isRight else {
            throw CommandFailure(
                "the object is \(text), and \(spec.name) takes \(spec.text)", hint: "name another object or another key"
            )
        }
    }

    private var text: String {
        let size = sizeInBits.map { " of \($0) bits" } ?? ""
        return "a \(objectClass) object of type \(curve ?? keyType)\(size)"
    }
}
