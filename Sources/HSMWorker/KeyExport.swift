import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

/// Wraps a key of any token under an RSA public key, in that token: its plaintext is never in a host.
///
/// What is asked of such a token is little: that the key is extractable, and that the token wraps.
final class KeyExport {
    private let token: Token
    private let algorithm: WrappingAlgorithm
    private let wrapping: KeyWrapping
    private let search: [Attribute]
    private let uri: String

    init(_ token: Token, _ uri: TokenURI, _ request: KeyExportRequest) throws {
        self.token = token
        self.uri = uri.text
        guard let algorithm = WrappingAlgorithm.named(request.algorithm) else {
            throw KeyExportFailure("no token wraps by \(request.algorithm)", hint: "choose RSA_AES_KEY_WRAP_SHA_256")
        }
        self.algorithm = algorithm
        guard let publicKey = try? PublicKey(subjectPublicKeyInfo: request.publicKey), case .rsa = publicKey.kind else {
            throw KeyExportFailure("the wrapping key is no RSA public key", hint: "it is DER SubjectPublicKeyInfo")
        }
        search = try uri.objectTemplate()
        wrapping = try KeyWrapping(token, under: publicKey)
    }

    func run() throws -> ExportedKey {
        let key = try findKey()
        do {
            let (wrapped, mechanisms) = try wrapping.wrap(key, by: algorithm)
            return try describe(key, wrapped, mechanisms)
        } catch let problem as WrappingProblem {
            throw failure(of: try name(of: key), problem, alternatives(to: algorithm, for: key))
        }
    }

    /// What the token can do instead, found by doing it.
    private func alternatives(to algorithm: WrappingAlgorithm, for key: ObjectHandle) -> [String] {
        WrappingAlgorithm.all.filter { $0 != algorithm && (try? wrapping.wrap(key, by: $0)) != nil }.map(\.name)
    }

    private func failure(
        of name: String, _ problem: WrappingProblem, _ alternatives: [String]
    ) -> KeyExportFailure {
        let list = alternatives.joined(separator: ", ")
        return KeyExportFailure(
            "the token \(token.info.label) does not wrap the key (\(name)) by \(algorithm.name): \(problem)",
            hint: alternatives.isEmpty
                ? "it wraps this key by none of AWS KMS's algorithms"
                : "it wraps this key by \(list): import with one of these",
            alternatives: alternatives
        )
    }

    // MARK: The key

    /// The one key that the URI names. Of a pair the public half has the same name and is not meant.
    private func findKey() throws -> ObjectHandle {
        guard !search.isEmpty else {
            throw KeyExportFailure(
                "\(uri) names no key of the token",
                hint: "add object=, the key's label, or id=; pkcs11-tool --list-objects shows them"
            )
        }
        let found = try wrapping.session.findObjects(search).filter { object in
            let found = try wrapping.session.attributes([.objectClass], of: object)[.objectClass]?.number
            return found == ObjectClass.secretKey.rawValue || found == ObjectClass.privateKey.rawValue
        }
        guard let key = found.first else {
            throw KeyExportFailure(
                "the token \(token.info.label) shows no secret or private key that matches \(uri)",
                hint: "pkcs11-tool --list-objects --login shows its keys"
            )
        }
        guard found.count == 1 else {
            let names = try found.map { try name(of: $0) }.joined(separator: "; ")
            throw KeyExportFailure(
                "\(found.count) keys of the token \(token.info.label) match \(uri): \(names)",
                hint: "add id= or type= (secret-key, private) to name one of them"
            )
        }
        guard try wrapping.session.attributes([.extractable], of: key)[.extractable]?.flag != false else {
            throw KeyExportFailure(
                "the key (\(try name(of: key))) cannot leave the token \(token.info.label): it is not extractable",
                hint: "no way leads out of the token for it; make a new key, and encrypt anew what it encrypted"
            )
        }
        return key
    }

    private func name(of object: ObjectHandle) throws(PKCS11Error) -> String {
        let found = try wrapping.session.attributes([.objectClass, .label, .id], of: object)
        let label = found[.label]?.bytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let id = (found[.id]?.bytes ?? []).map { "%" + $0.hexadecimal }
        return "object=\(label);id=\(id.joined());type=\(Self.className(found[.objectClass]?.number))"
    }

    private static func className(_ number: UInt?) -> String {
        number == ObjectClass.secretKey.rawValue ? "secret-key" : "private"
    }

    private func describe(
        _ key: ObjectHandle, _ wrapped: [UInt8], _ mechanisms: [MechanismType]
    ) throws(PKCS11Error) -> ExportedKey {
        let types: [AttributeType] = [.objectClass, .keyType, .label, .valueLength, .modulus, .ecParameters]
        let found = try wrapping.session.attributes(types, of: key)
        let parameters = found[.ecParameters]?.bytes
        let curve = Curve.allCases.first { $0.parameters == parameters }
        let bytes = found[.valueLength]?.number.map { Int(clamping: $0) }.flatMap { $0 > 0 ? $0 : nil }
        let modulus = Array(found[.modulus]?.bytes?.drop { $0 == 0 } ?? [])
        let modulusBits = modulus.first.map { modulus.count * 8 - $0.leadingZeroBitCount }
        return ExportedKey(
            wrapped: wrapped, objectClass: Self.className(found[.objectClass]?.number),
            keyType: KeyType(rawValue: found[.keyType]?.number ?? .max).name,
            sizeInBits: bytes.map { $0 * 8 } ?? modulusBits ?? curve?.fieldBits, curve: curve?.rawValue,
            label: found[.label]?.bytes.map { String(decoding: $0, as: UTF8.self) } ?? "", token: token.info.label,
            mechanisms: mechanisms.map(\.description)
        )
    }
}
