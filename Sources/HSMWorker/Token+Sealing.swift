import HSMWorkerProtocol
import PKCS11

extension HSMProfile {
    /// Whether encrypt-then-MAC stands in for AES-GCM on a token with these mechanisms: only where that is missing. What
    /// is there already of either kind stays what it is.
    fileprivate func encryptsThenMACs(with mechanisms: Set<MechanismType>) -> Bool {
        encryptThenMAC && !mechanisms.contains(.aesGCM)
    }

    /// What the key store cannot do without on a token with these mechanisms.
    func neededMechanisms(of mechanisms: Set<MechanismType>) -> [MechanismType] {
        let sealing = encryptsThenMACs(with: mechanisms) ? KeyTemplate.encryptThenMACMechanisms : [.aesGCM]
        return [.aesKeyGeneration] + sealing
    }
}

extension Token {
    var neededMechanisms: [MechanismType] { profile.neededMechanisms(of: mechanisms) }

    /// The template of keys that are to be made here, or nil where there is no such key.
    func newKeyTemplate(spec: String, usage: String) -> KeyTemplate? {
        let template = KeyTemplate.named(spec: spec, usage: usage)
        let isSymmetric = template?.kind == .aes
        return isSymmetric && profile.encryptsThenMACs(with: mechanisms) ? .encryptThenMAC : template
    }

    /// The same for a key that can leave the token. Throws where there is none: a key that is two objects does not move.
    func newMovableTemplate(spec: String, usage: String) throws(OperationFailure) -> KeyTemplate {
        guard let template = newKeyTemplate(spec: spec, usage: usage), template.companion == nil else {
            throw OperationFailure(
                .unsupported,
                "the token has no \(MechanismType.aesGCM), and a pair of keys in its place cannot be wrapped")
        }
        let mobility: KeyTemplate.Mobility = profile.wrapWithTrusted ? .wrappedByTrusted : .wrapped
        guard let movable = KeyTemplate.named(spec: spec, usage: usage, mobility) else {
            throw OperationFailure(.unsupported, "this worker makes no movable keys of spec \(spec) for \(usage)")
        }
        return movable
    }
}
