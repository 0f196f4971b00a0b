import HSMWorkerProtocol
import PKCS11

/// How an operation failed, in the terms of the protocol, with a text for the operator's log.
struct OperationFailure: Error {
    let status: Status
    let text: String
    /// Whether the process is of no more use and should end.
    var endsGeneration = false

    init(_ status: Status, _ text: String) {
        self.status = status
        self.text = text
    }

    /// What is left of a PKCS#11 error once retries have been tried.
    init(_ error: PKCS11Error) {
        text = error.description
        switch error.returnValue {
        case .mechanismInvalid, .functionNotSupported, .curveNotSupported:
            status = .unsupported
        default:
            switch error.returnValue.failureClass {
            case .refused: status = .failed
            case .session, .object: status = .unavailable
            case .generation:
                status = .unavailable
                endsGeneration = true
            }
        }
    }
}
