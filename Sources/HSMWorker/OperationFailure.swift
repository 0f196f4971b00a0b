import HSMWorkerProtocol
import PKCS11
import SecureMemory

/// How an operation failed, in the terms of the protocol, with a text for the operator's log.
struct OperationFailure: Error {
    let status: Status
    let text: String
    /// Whether the process is of no more use and should end.
    var endsGeneration = false
    /// Whether it may have come of a call that failed by chance: it is believed the second time.
    var isDoubtful = false

    init(_ status: Status, _ text: String) {
        self.status = status
        self.text = text
    }

    /// The token has to be begun anew, in another process.
    init(endOfGeneration text: String) {
        status = .ending
        self.text = text
        endsGeneration = true
    }

    /// Whether this says that something does not unwrap. Tokens say that in so many ways that a chance failure looks the
    /// same: so all of it is tried once more, whatever was wrong, which tells nobody what it was.
    func isRefusedImport(_ request: SecureBuffer) -> Bool {
        let isImport = [Operation.importKey, .identifyKey, .unwrapKey].map(\.rawValue).contains(request.frameCode)
        return isImport && [.invalidCiphertext, .incorrectKeyMaterial].contains(status)
    }

    /// What is left of a PKCS#11 error once retries have been tried.
    init(_ error: PKCS11Error, _ failureClass: HSMProfile.FailureClass) {
        text = error.description
        switch failureClass {
        case .refused:
            // A curve that is none of the token's is a wrong parameter to some.
            let isLacking = [.mechanismInvalid, .functionNotSupported, .curveNotSupported, .domainParamsInvalid]
                .contains(error.returnValue)
            status = isLacking ? .unsupported : .failed
        case .data:
            status = .failed
        case .session, .login, .object, .capacity:
            status = .unavailable
        case .generation:
            status = .ending
            endsGeneration = true
        }
    }
}
