import CPKCS11

/// What a PKCS#11 function answered (CK_RV; PKCS#11 v2.40, section 5.1). Vendors add their own, which survive as numbers.
package struct ReturnValue: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt
    package init(rawValue: UInt) { self.rawValue = rawValue }

    /// Whether the value is a vendor's own (CKR_VENDOR_DEFINED and above).
    package var isVendorDefined: Bool { rawValue >= cpkcs11_vendor_defined }

    package static let ok = ReturnValue(rawValue: 0)
    package static let cancel = ReturnValue(rawValue: 1)
    package static let hostMemory = ReturnValue(rawValue: 2)
    package static let slotIDInvalid = ReturnValue(rawValue: 3)
    package static let generalError = ReturnValue(rawValue: 5)
    package static let functionFailed = ReturnValue(rawValue: 6)
    package static let argumentsBad = ReturnValue(rawValue: 7)
    package static let noEvent = ReturnValue(rawValue: 8)
    package static let needToCreateThreads = ReturnValue(rawValue: 9)
    package static let cantLock = ReturnValue(rawValue: 0xa)
    package static let attributeReadOnly = ReturnValue(rawValue: 0x10)
    package static let attributeSensitive = ReturnValue(rawValue: 0x11)
    package static let attributeTypeInvalid = ReturnValue(rawValue: 0x12)
    package static let attributeValueInvalid = ReturnValue(rawValue: 0x13)
    package static let actionProhibited = ReturnValue(rawValue: 0x1b)
    package static let dataInvalid = ReturnValue(rawValue: 0x20)
    package static let dataLenRange = ReturnValue(rawValue: 0x21)
    package static let deviceError = ReturnValue(rawValue: 0x30)
    package static let deviceMemory = ReturnValue(rawValue: 0x31)
    package static let deviceRemoved = ReturnValue(rawValue: 0x32)
    package static let encryptedDataInvalid = ReturnValue(rawValue: 0x40)
    package static let encryptedDataLenRange = ReturnValue(rawValue: 0x41)
    package static let functionCanceled = ReturnValue(rawValue: 0x50)
    package static let functionNotParallel = ReturnValue(rawValue: 0x51)
    package static let functionNotSupported = ReturnValue(rawValue: 0x54)
    package static let keyHandleInvalid = ReturnValue(rawValue: 0x60)
    package static let keySizeRange = ReturnValue(rawValue: 0x62)
    package static let keyTypeInconsistent = ReturnValue(rawValue: 0x63)
    package static let keyNotNeeded = ReturnValue(rawValue: 0x64)
    package static let keyChanged = ReturnValue(rawValue: 0x65)
    package static let keyNeeded = ReturnValue(rawValue: 0x66)
    package static let keyIndigestible = ReturnValue(rawValue: 0x67)
    package static let keyFunctionNotPermitted = ReturnValue(rawValue: 0x68)
    package static let keyNotWrappable = ReturnValue(rawValue: 0x69)
    package static let keyUnextractable = ReturnValue(rawValue: 0x6a)
    package static let mechanismInvalid = ReturnValue(rawValue: 0x70)
    package static let mechanismParamInvalid = ReturnValue(rawValue: 0x71)
    package static let objectHandleInvalid = ReturnValue(rawValue: 0x82)
    package static let operationActive = ReturnValue(rawValue: 0x90)
    package static let operationNotInitialized = ReturnValue(rawValue: 0x91)
    package static let pinIncorrect = ReturnValue(rawValue: 0xa0)
    package static let pinInvalid = ReturnValue(rawValue: 0xa1)
    package static let pinLenRange = ReturnValue(rawValue: 0xa2)
    package static let pinExpired = ReturnValue(rawValue: 0xa3)
    package static let pinLocked = ReturnValue(rawValue: 0xa4)
    package static let sessionClosed = ReturnValue(rawValue: 0xb0)
    package static let sessionCount = ReturnValue(rawValue: 0xb1)
    package static let sessionHandleInvalid = ReturnValue(rawValue: 0xb3)
    package static let sessionParallelNotSupported = ReturnValue(rawValue: 0xb4)
    package static let sessionReadOnly = ReturnValue(rawValue: 0xb5)
    package static let sessionExists = ReturnValue(rawValue: 0xb6)
    package static let sessionReadOnlyExists = ReturnValue(rawValue: 0xb7)
    package static let sessionReadWriteSOExists = ReturnValue(rawValue: 0xb8)
    package static let signatureInvalid = ReturnValue(rawValue: 0xc0)
    package static let signatureLenRange = ReturnValue(rawValue: 0xc1)
    package static let templateIncomplete = ReturnValue(rawValue: 0xd0)
    package static let templateInconsistent = ReturnValue(rawValue: 0xd1)
    package static let tokenNotPresent = ReturnValue(rawValue: 0xe0)
    package static let tokenNotRecognized = ReturnValue(rawValue: 0xe1)
    package static let tokenWriteProtected = ReturnValue(rawValue: 0xe2)
    package static let unwrappingKeyHandleInvalid = ReturnValue(rawValue: 0xf0)
    package static let unwrappingKeySizeRange = ReturnValue(rawValue: 0xf1)
    package static let unwrappingKeyTypeInconsistent = ReturnValue(rawValue: 0xf2)
    package static let userAlreadyLoggedIn = ReturnValue(rawValue: 0x100)
    package static let userNotLoggedIn = ReturnValue(rawValue: 0x101)
    package static let userPINNotInitialized = ReturnValue(rawValue: 0x102)
    package static let userTypeInvalid = ReturnValue(rawValue: 0x103)
    package static let userAnotherAlreadyLoggedIn = ReturnValue(rawValue: 0x104)
    package static let userTooManyTypes = ReturnValue(rawValue: 0x105)
    package static let wrappedKeyInvalid = ReturnValue(rawValue: 0x110)
    package static let wrappedKeyLenRange = ReturnValue(rawValue: 0x112)
    package static let wrappingKeyHandleInvalid = ReturnValue(rawValue: 0x113)
    package static let wrappingKeySizeRange = ReturnValue(rawValue: 0x114)
    package static let wrappingKeyTypeInconsistent = ReturnValue(rawValue: 0x115)
    package static let randomSeedNotSupported = ReturnValue(rawValue: 0x120)
    package static let randomNoRNG = ReturnValue(rawValue: 0x121)
    package static let domainParamsInvalid = ReturnValue(rawValue: 0x130)
    package static let curveNotSupported = ReturnValue(rawValue: 0x140)
    package static let bufferTooSmall = ReturnValue(rawValue: 0x150)
    package static let savedStateInvalid = ReturnValue(rawValue: 0x160)
    package static let informationSensitive = ReturnValue(rawValue: 0x170)
    package static let stateUnsaveable = ReturnValue(rawValue: 0x180)
    package static let cryptokiNotInitialized = ReturnValue(rawValue: 0x190)
    package static let cryptokiAlreadyInitialized = ReturnValue(rawValue: 0x191)
    package static let mutexBad = ReturnValue(rawValue: 0x1a0)
    package static let mutexNotLocked = ReturnValue(rawValue: 0x1a1)
    package static let newPINMode = ReturnValue(rawValue: 0x1b0)
    package static let nextOTP = ReturnValue(rawValue: 0x1b1)
    package static let exceededMaxIterations = ReturnValue(rawValue: 0x1c0)
    package static let fipsSelfTestFailed = ReturnValue(rawValue: 0x1c1)
    package static let libraryLoadFailed = ReturnValue(rawValue: 0x1c2)
    package static let pinTooWeak = ReturnValue(rawValue: 0x1c3)
    package static let publicKeyInvalid = ReturnValue(rawValue: 0x1c4)
    package static let functionRejected = ReturnValue(rawValue: 0x200)
}

extension ReturnValue: CustomStringConvertible {
    /// The standard's name and the number, as in `CKR_PIN_INCORRECT (0xa0)`.
    package var description: String {
        Self.names[rawValue].map { "\($0) (0x\(String(rawValue, radix: 16)))" } ?? name
    }

    /// The standard's name, or the number where it has none.
    package var name: String {
        if let name = Self.names[rawValue] { return name }
        return isVendorDefined
            ? "CKR_VENDOR_DEFINED + 0x\(String(rawValue - cpkcs11_vendor_defined, radix: 16))"
            : "0x" + String(rawValue, radix: 16)
    }

    /// What people write: the standard's name, or a number, in hexadecimal behind `0x`.
    package init?(text: String) {
        if text.hasPrefix("0x"), let number = UInt(text.dropFirst(2), radix: 16) {
            self.init(rawValue: number)
        } else if let number = UInt(text) {
            self.init(rawValue: number)
        } else if let known = Self.names.first(where: { $0.value == text }) {
            self.init(rawValue: known.key)
        } else {
            return nil
        }
    }

    private static let names: [UInt: String] = [
        0: "CKR_OK",
        1: "CKR_CANCEL",
        2: "CKR_HOST_MEMORY",
        3: "CKR_SLOT_ID_INVALID",
        5: "CKR_GENERAL_ERROR",
        6: "CKR_FUNCTION_FAILED",
        7: "CKR_ARGUMENTS_BAD",
        8: "CKR_NO_EVENT",
        9: "CKR_NEED_TO_CREATE_THREADS",
        0xa: "CKR_CANT_LOCK",
        0x10: "CKR_ATTRIBUTE_READ_ONLY",
        0x11: "CKR_ATTRIBUTE_SENSITIVE",
        0x12: "CKR_ATTRIBUTE_TYPE_INVALID",
        0x13: "CKR_ATTRIBUTE_VALUE_INVALID",
        0x1b: "CKR_ACTION_PROHIBITED",
        0x20: "CKR_DATA_INVALID",
        0x21: "CKR_DATA_LEN_RANGE",
        0x30: "CKR_DEVICE_ERROR",
        0x31: "CKR_DEVICE_MEMORY",
        0x32: "CKR_DEVICE_REMOVED",
        0x40: "CKR_ENCRYPTED_DATA_INVALID",
        0x41: "CKR_ENCRYPTED_DATA_LEN_RANGE",
        0x50: "CKR_FUNCTION_CANCELED",
        0x51: "CKR_FUNCTION_NOT_PARALLEL",
        0x54: "CKR_FUNCTION_NOT_SUPPORTED",
        0x60: "CKR_KEY_HANDLE_INVALID",
        0x62: "CKR_KEY_SIZE_RANGE",
        0x63: "CKR_KEY_TYPE_INCONSISTENT",
        0x64: "CKR_KEY_NOT_NEEDED",
        0x65: "CKR_KEY_CHANGED",
        0x66: "CKR_KEY_NEEDED",
        0x67: "CKR_KEY_INDIGESTIBLE",
        0x68: "CKR_KEY_FUNCTION_NOT_PERMITTED",
        0x69: "CKR_KEY_NOT_WRAPPABLE",
        0x6a: "CKR_KEY_UNEXTRACTABLE",
        0x70: "CKR_MECHANISM_INVALID",
        0x71: "CKR_MECHANISM_PARAM_INVALID",
        0x82: "CKR_OBJECT_HANDLE_INVALID",
        0x90: "CKR_OPERATION_ACTIVE",
        0x91: "CKR_OPERATION_NOT_INITIALIZED",
        0xa0: "CKR_PIN_INCORRECT",
        0xa1: "CKR_PIN_INVALID",
        0xa2: "CKR_PIN_LEN_RANGE",
        0xa3: "CKR_PIN_EXPIRED",
        0xa4: "CKR_PIN_LOCKED",
        0xb0: "CKR_SESSION_CLOSED",
        0xb1: "CKR_SESSION_COUNT",
        0xb3: "CKR_SESSION_HANDLE_INVALID",
        0xb4: "CKR_SESSION_PARALLEL_NOT_SUPPORTED",
        0xb5: "CKR_SESSION_READ_ONLY",
        0xb6: "CKR_SESSION_EXISTS",
        0xb7: "CKR_SESSION_READ_ONLY_EXISTS",
        0xb8: "CKR_SESSION_READ_WRITE_SO_EXISTS",
        0xc0: "CKR_SIGNATURE_INVALID",
        0xc1: "CKR_SIGNATURE_LEN_RANGE",
        0xd0: "CKR_TEMPLATE_INCOMPLETE",
        0xd1: "CKR_TEMPLATE_INCONSISTENT",
        0xe0: "CKR_TOKEN_NOT_PRESENT",
        0xe1: "CKR_TOKEN_NOT_RECOGNIZED",
        0xe2: "CKR_TOKEN_WRITE_PROTECTED",
        0xf0: "CKR_UNWRAPPING_KEY_HANDLE_INVALID",
        0xf1: "CKR_UNWRAPPING_KEY_SIZE_RANGE",
        0xf2: "CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT",
        0x100: "CKR_USER_ALREADY_LOGGED_IN",
        0x101: "CKR_USER_NOT_LOGGED_IN",
        0x102: "CKR_USER_PIN_NOT_INITIALIZED",
        0x103: "CKR_USER_TYPE_INVALID",
        0x104: "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
        0x105: "CKR_USER_TOO_MANY_TYPES",
        0x110: "CKR_WRAPPED_KEY_INVALID",
        0x112: "CKR_WRAPPED_KEY_LEN_RANGE",
        0x113: "CKR_WRAPPING_KEY_HANDLE_INVALID",
        0x114: "CKR_WRAPPING_KEY_SIZE_RANGE",
        0x115: "CKR_WRAPPING_KEY_TYPE_INCONSISTENT",
        0x120: "CKR_RANDOM_SEED_NOT_SUPPORTED",
        0x121: "CKR_RANDOM_NO_RNG",
        0x130: "CKR_DOMAIN_PARAMS_INVALID",
        0x140: "CKR_CURVE_NOT_SUPPORTED",
        0x150: "CKR_BUFFER_TOO_SMALL",
        0x160: "CKR_SAVED_STATE_INVALID",
        0x170: "CKR_INFORMATION_SENSITIVE",
        0x180: "CKR_STATE_UNSAVEABLE",
        0x190: "CKR_CRYPTOKI_NOT_INITIALIZED",
        0x191: "CKR_CRYPTOKI_ALREADY_INITIALIZED",
        0x1a0: "CKR_MUTEX_BAD",
        0x1a1: "CKR_MUTEX_NOT_LOCKED",
        0x1b0: "CKR_NEW_PIN_MODE",
        0x1b1: "CKR_NEXT_OTP",
        0x1c0: "CKR_EXCEEDED_MAX_ITERATIONS",
        0x1c1: "CKR_FIPS_SELF_TEST_FAILED",
        0x1c2: "CKR_LIBRARY_LOAD_FAILED",
        0x1c3: "CKR_PIN_TOO_WEAK",
        0x1c4: "CKR_PUBLIC_KEY_INVALID",
        0x200: "CKR_FUNCTION_REJECTED",
    ]
}
