import HSMWorkerProtocol
import PKCS11

extension WorkerFault {
    /// What an error at the worker's start comes to.
    init(_ error: any Error) {
        switch error {
        case let error as OperatorError: self = error.fault
        case is TokenNotReadyError: self = .tokenNotReady
        case let error as TokenURIError: self = error.isAbsence ? .noToken : .other
        case let error as PKCS11Error: self = Self.ofReturnValue[error.returnValue] ?? .other
        default: self = .other
        }
    }

    private static let ofReturnValue: [ReturnValue: WorkerFault] = [
        .userPINNotInitialized: .noUser, .userTypeInvalid: .noUser, .userAlreadyLoggedIn: .otherLogin,
        .userAnotherAlreadyLoggedIn: .otherLogin, .tokenNotPresent: .noToken, .tokenNotRecognized: .tokenNotReady,
        .deviceError: .noAnswer, .deviceRemoved: .noAnswer,
    ]
}
