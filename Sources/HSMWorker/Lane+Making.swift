import HSMWorkerProtocol
import PKCS11
import Synchronization

// What tokens do in their own ways when they make keys.
extension Lane {
    /// Makes the pair of the given id. To be called with the catalogue locked.
    ///
    /// There are tokens on which both halves have to be the token's own, and they say so by refusing the value of an
    /// attribute. The public half then has the id too, so that who gives the creation up destroys both.
    func makePair(
        _ template: KeyTemplate, _ id: KeyCache.ID, privateKey: [Attribute]
    ) throws(PKCS11Error) -> (ObjectHandle, ObjectHandle?) {
        let omitted = token.profile.omitAttributes
        if !token.pairsAreWhole.load(ordering: .relaxed) {
            do throws(PKCS11Error) {
                let pair = try session.generateKeyPair(
                    template.generation, publicKey: template.publicTemplate(omitting: omitted), privateKey: privateKey)
                return (pair.privateKey, pair.publicKey)
            } catch {
                guard error.returnValue == .attributeValueInvalid else { throw error }
            }
        }
        let publicKey = template.publicTemplate(omitting: omitted, isToken: true) + [Attribute(.id, id.bytes)]
        let pair = try session.generateKeyPair(template.generation, publicKey: publicKey, privateKey: privateKey)
        token.pairsAreWhole.store(true, ordering: .relaxed)
        return (pair.privateKey, pair.publicKey)
    }

    /// What to say of a key that the token did not make. That it makes no keys of this size or on this curve, no list of
    /// mechanisms tells beforehand.
    func notMade(_ template: KeyTemplate, _ error: PKCS11Error) -> any Error {
        let lacking: [ReturnValue] = [
            .mechanismInvalid, .functionNotSupported, .curveNotSupported, .domainParamsInvalid, .keySizeRange,
            .attributeValueInvalid,
        ]
        guard lacking.contains(error.returnValue), token.failureClass(of: error) == .refused else { return error }
        return OperationFailure(
            .unsupported, "the token's \(template.generation.type) makes no key \(template.spec) (\(error))")
    }

    /// What to say of a key that the token made and then does not work with.
    func unusable(_ template: KeyTemplate, _ error: any Error) -> any Error {
        guard let error = error as? PKCS11Error, token.failureClass(of: error) == .refused else { return error }
        let mechanisms = template.neededMechanisms(token).map(\.description).joined(separator: ", ")
        return OperationFailure(
            .unsupported,
            "the token made a key \(template.spec), but its \(mechanisms) does not work with it (\(error))")
    }
}
