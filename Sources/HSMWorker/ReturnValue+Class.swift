import PKCS11

/// What a failed call means for what is tried next: data, not code.
enum FailureClass {
    /// The session is at fault: another one may do.
    case session
    /// The handle is at fault: look the object up anew.
    case object
    /// The token or the connection to it: all is to be begun anew, in a new process.
    case generation
    /// The token does not allow it, and will not.
    case refused
}

extension ReturnValue {
    var failureClass: FailureClass {
        Self.classes[self] ?? .generation
    }

    private static let classes: [ReturnValue: FailureClass] = [
        .sessionHandleInvalid: .session,
        .sessionClosed: .session,
        .operationActive: .session,
        .operationNotInitialized: .session,
        .objectHandleInvalid: .object,
        .keyHandleInvalid: .object,
        .mechanismInvalid: .refused,
        .mechanismParamInvalid: .refused,
        .functionNotSupported: .refused,
        .attributeTypeInvalid: .refused,
        .attributeValueInvalid: .refused,
        .templateIncomplete: .refused,
        .templateInconsistent: .refused,
        .keyFunctionNotPermitted: .refused,
        .keyTypeInconsistent: .refused,
        .keySizeRange: .refused,
        .dataInvalid: .refused,
        .dataLenRange: .refused,
        .argumentsBad: .refused,
        .tokenWriteProtected: .refused,
        .attributeReadOnly: .refused,
        .attributeSensitive: .refused,
        .actionProhibited: .refused,
        .encryptedDataInvalid: .refused,
        .encryptedDataLenRange: .refused,
        .curveNotSupported: .refused,
        .domainParamsInvalid: .refused,
        .publicKeyInvalid: .refused,
        .keyUnextractable: .refused,
        .keyNotWrappable: .refused,
        .keyIndigestible: .refused,
        .wrappedKeyInvalid: .refused,
        .wrappedKeyLenRange: .refused,
        .unwrappingKeySizeRange: .refused,
        .unwrappingKeyTypeInconsistent: .refused,
        .wrappingKeySizeRange: .refused,
        .wrappingKeyTypeInconsistent: .refused,
        .sessionCount: .session,
    ]
}
