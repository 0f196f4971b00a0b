import CPKCS11
package import SecureMemory

/// A place for a token. Its number changes between initialisations: never store it.
package struct Slot: Sendable {
    package let module: Module
    let id: UInt

    private var functions: FunctionList { module.functions }

    /// What the token in the slot says of itself (C_GetTokenInfo).
    package func tokenInfo() throws(PKCS11Error) -> TokenInfo {
        var info = CK_TOKEN_INFO()
        try unsafe functions.call("C_GetTokenInfo", functions.pointer.pointee.C_GetTokenInfo) { unsafe $0(id, &info) }
        return TokenInfo(info)
    }

    /// All mechanisms of the token (C_GetMechanismList).
    package func mechanisms() throws(PKCS11Error) -> Set<MechanismType> {
        var count: CK_ULONG = 0
        try unsafe functions.call("C_GetMechanismList", functions.pointer.pointee.C_GetMechanismList) {
            unsafe $0(id, nil, &count)
        }
        var list = [CK_MECHANISM_TYPE](repeating: 0, count: Int(count) + 8)
        count = CK_ULONG(list.count)
        try unsafe functions.call("C_GetMechanismList", functions.pointer.pointee.C_GetMechanismList) {
            unsafe $0(id, &list, &count)
        }
        return Set(list.prefix(Int(count)).map(MechanismType.init(rawValue:)))
    }

    /// What the token says of one mechanism (C_GetMechanismInfo).
    package func mechanismInfo(_ type: MechanismType) throws(PKCS11Error) -> MechanismInfo {
        var info = CK_MECHANISM_INFO()
        try unsafe functions.call("C_GetMechanismInfo", functions.pointer.pointee.C_GetMechanismInfo) {
            unsafe $0(id, type.rawValue, &info)
        }
        return MechanismInfo(minimumKeySize: info.ulMinKeySize, maximumKeySize: info.ulMaxKeySize, flags: info.flags)
    }

    /// Makes the token anew, destroying whatever it holds (C_InitToken). The label may have 32 bytes.
    package func initializeToken(label: String, securityOfficerPIN pin: borrowing SecretBytes) throws(PKCS11Error) {
        guard label.utf8.count <= 32 else { throw PKCS11Error("C_InitToken", .argumentsBad) }
        var padded = Array(label.utf8) + Array(repeating: UInt8(ascii: " "), count: 32 - label.utf8.count)
        try pin.withExposedBytes { (bytes: RawSpan) throws(PKCS11Error) in
            try unsafe bytes.withUnsafeBytes { (raw: UnsafeRawBufferPointer) throws(PKCS11Error) in
                let text = unsafe UnsafeMutableRawPointer(mutating: raw.baseAddress)?.assumingMemoryBound(
                    to: UInt8.self)
                try unsafe functions.call("C_InitToken", functions.pointer.pointee.C_InitToken) {
                    unsafe $0(id, text, UInt(raw.count), &padded)
                }
            }
        }
    }
}

/// What a token says of itself (CK_TOKEN_INFO).
package struct TokenInfo: Hashable, Sendable {
    package let label: String
    package let manufacturer: String
    package let model: String
    package let serial: String
    package let flags: UInt
    /// How many read-write sessions the token allows one program; nil when it does not say or has no limit.
    package let maximumSessions: Int?

    init(_ raw: CK_TOKEN_INFO) {
        label = paddedText(raw.label)
        manufacturer = paddedText(raw.manufacturerID)
        model = paddedText(raw.model)
        serial = paddedText(raw.serialNumber)
        flags = raw.flags
        let limits = [raw.ulMaxSessionCount, raw.ulMaxRwSessionCount].filter {
            $0 != cpkcs11_unavailable_information && $0 != cpkcs11_effectively_infinite
        }
        maximumSessions = limits.min().map { Int(clamping: $0) }
    }

    package var isInitialized: Bool { flags & CKF_TOKEN_INITIALIZED != 0 }
    package var isUserPINInitialized: Bool { flags & CKF_USER_PIN_INITIALIZED != 0 }
    /// One more wrong PIN locks the user out: do not try.
    package var isUserPINFinalTry: Bool { flags & CKF_USER_PIN_FINAL_TRY != 0 }
    package var isUserPINLocked: Bool { flags & CKF_USER_PIN_LOCKED != 0 }
    package var isLoginRequired: Bool { flags & CKF_LOGIN_REQUIRED != 0 }
}
