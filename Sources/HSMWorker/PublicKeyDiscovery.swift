import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

// A token that unwraps a private key on a curve tells no public one. But it multiplies points: with the curve's base
// point, ECDH gives the public key's x-coordinate (SEC 1, section 3.3.1), and of the two points with that x, one
// verifies what the key signs.
extension Lane {
    /// The public key of unwrapped material; nil when the material has none, as a scalar of zero has not.
    func discoverPublicKey(
        of opened: OpenedImport, on curve: Curve, _ request: ImportRequest, _ objects: SessionObjects
    ) throws -> PublicKey? {
        let attributes = request.template
            .importTemplate(id: [], isToken: false, omitting: token.profile.omitAttributes)
            .setting([.sign, .derive], to: true)
        do {
            let object = objects.add(try makeObject(of: opened, attributes, request.template))
            let x = try sharedSecretWithBasePoint(of: curve, object)
            let digest = Digest.sha256.hash(CheckValue.text)
            guard let signing = KeyTemplate.named(spec: request.template.spec, usage: "SIGN_VERIFY") else { return nil }
            let signature = try token.sign(digest, .ecdsa(.sha256), with: object, of: signing, in: session)
            return Self.points(x, on: curve).first { $0.isValidSignature(signature, of: digest, .ecdsa(.sha256)) }
        } catch let error as PKCS11Error {
            try blameInput(for: error, request)
            return nil
        }
    }

    private func sharedSecretWithBasePoint(of curve: Curve, _ object: ObjectHandle) throws -> [UInt8] {
        let one = [UInt8](repeating: 0, count: curve.fieldSize - 1) + [1]
        guard let base = try unsafe PrivateKey(curve: curve, scalar: one.span.bytes).publicKey.point else {
            throw OperationFailure(.failed, "the curve \(curve.rawValue) has no base point")
        }
        let secret = try token.sharedSecret(with: base, on: curve, object, in: session)
        // Of a public key, and so no secret.
        return secret.withExposedBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
    }

    /// The two points, in compressed form (SEC 1, section 2.3.3).
    private static func points(_ x: [UInt8], on curve: Curve) -> [PublicKey] {
        [2, 3].compactMap { try? PublicKey(curve: curve, point: [$0] + x) }
    }
}
