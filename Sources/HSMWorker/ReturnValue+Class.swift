import HSMWorkerProtocol
import PKCS11

/// What a failed call means for what is tried next: data, not code. The profile's `returnValues` come first, then this
/// table; what neither knows means that all is to be begun anew.
struct ReturnValueClasses: Sendable {
    typealias FailureClass = HSMProfile.FailureClass

    /// Of all functions under nil.
    private let overrides: [String?: [ReturnValue: FailureClass]]

    init(_ profile: HSMProfile) throws(OperatorError) {
        var overrides: [String?: [ReturnValue: FailureClass]] = [:]
        for (text, failureClass) in profile.returnValues {
            let words = text.split(separator: " ").map(String.init)
            guard let value = words.last.flatMap(ReturnValue.init(text:)),
                words.count == 1 || words.count == 2 && words[0].hasPrefix("C_")
            else {
                throw OperatorError(
                    "the profile \(profile.name) names \(text) under returnValues, which is no return value of "
                        + "PKCS#11; write its name there, or its number as 0x5, with a function's name before it where it "
                        + "is meant for that one alone"
                )
            }
            overrides[words.count == 2 ? words[0] : nil, default: [:]][value] = failureClass
        }
        self.overrides = overrides
    }

    subscript(error: PKCS11Error) -> FailureClass {
        let value = error.returnValue
        return overrides[error.function]?[value] ?? overrides[nil]?[value] ?? Self.standard[value] ?? .generation
    }

    private static let standard: [ReturnValue: FailureClass] = {
        let values: [FailureClass: [ReturnValue]] = [
            .session: [.sessionHandleInvalid, .sessionClosed, .operationActive, .operationNotInitialized],
            .login: [.userNotLoggedIn],
            .object: [
                .objectHandleInvalid, .keyHandleInvalid, .unwrappingKeyHandleInvalid, .wrappingKeyHandleInvalid,
            ],
            .capacity: [.sessionCount, .hostMemory, .deviceMemory],
            .data: [
                .dataInvalid, .dataLenRange, .encryptedDataInvalid, .encryptedDataLenRange, .signatureInvalid,
                .signatureLenRange, .wrappedKeyInvalid, .wrappedKeyLenRange,
            ],
            .refused: [
                .argumentsBad, .actionProhibited, .functionNotSupported, .functionRejected, .mechanismInvalid,
                .mechanismParamInvalid, .attributeTypeInvalid, .attributeValueInvalid, .attributeReadOnly,
                .attributeSensitive, .templateIncomplete, .templateInconsistent, .keyFunctionNotPermitted,
                .keyTypeInconsistent, .keySizeRange, .keyUnextractable, .keyNotWrappable, .keyIndigestible,
                .unwrappingKeySizeRange, .unwrappingKeyTypeInconsistent, .wrappingKeySizeRange,
                .wrappingKeyTypeInconsistent, .curveNotSupported, .domainParamsInvalid, .publicKeyInvalid,
                .randomNoRNG, .tokenWriteProtected, .pinIncorrect, .pinInvalid, .pinLenRange, .pinExpired, .pinLocked,
            ],
        ]
        return Dictionary(values.flatMap { group in group.value.map { ($0, group.key) } }) { first, _ in first }
    }()
}

extension Token {
    func failureClass(of error: PKCS11Error) -> HSMProfile.FailureClass {
        classes[error]
    }

    /// Whether the error is neither the input's fault nor the key's, and may be gone in another session.
    func isPassing(_ error: PKCS11Error) -> Bool {
        switch failureClass(of: error) {
        case .session, .login, .capacity: true
        case .object, .generation, .data, .refused: false
        }
    }

    /// Whether a bad ciphertext may be what the call failed for. Modules have the most different answers to one, those
    /// to their own breakdown among them: so whoever asks looks at what the key does with a good one.
    func isDecryptFailure(_ error: PKCS11Error) -> Bool {
        if profile.decryptFailureCodes.contains(error.returnValue.rawValue) { return true }
        guard error.function == "C_Decrypt" else { return false }
        return switch failureClass(of: error) {
        case .data, .generation: true
        case .session, .login, .object, .capacity, .refused: false
        }
    }

    /// Whether the error says by the standard that the data is bad, and nothing else.
    func isAboutData(_ error: PKCS11Error) -> Bool {
        failureClass(of: error) == .data
    }
}
