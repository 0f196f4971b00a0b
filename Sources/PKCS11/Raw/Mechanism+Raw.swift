import CPKCS11

extension Mechanism {
    /// Lends the mechanism as C wants it, for the length of `body`.
    func withRaw<R>(_ body: (UnsafeMutablePointer<CK_MECHANISM>) -> R) -> R {
        switch parameter {
        case .none:
            return unsafe lend(nil, 0, body)
        case .bytes(var bytes):
            return unsafe bytes.withUnsafeMutableBytes { unsafe lend($0.baseAddress, $0.count, body) }
        case .pss(let hash, let saltLength):
            var parameters = CK_RSA_PKCS_PSS_PARAMS()
            parameters.hashAlg = hash.rawValue
            parameters.mgf = Self.maskGeneration(hash)
            parameters.sLen = UInt(saltLength)
            return unsafe lend(&parameters, MemoryLayout<CK_RSA_PKCS_PSS_PARAMS>.size, body)
        case .oaep(let hash):
            var parameters = unsafe CK_RSA_PKCS_OAEP_PARAMS()
            unsafe parameters.hashAlg = hash.rawValue
            unsafe parameters.mgf = Self.maskGeneration(hash)
            unsafe parameters.source = CKZ_DATA_SPECIFIED
            return unsafe lend(&parameters, MemoryLayout<CK_RSA_PKCS_OAEP_PARAMS>.size, body)
        case .gcm(var iv, var aad):
            return unsafe iv.withUnsafeMutableBufferPointer { iv in
                unsafe aad.withUnsafeMutableBufferPointer { aad in
                    var parameters = unsafe CK_GCM_PARAMS()
                    unsafe parameters.pIv = iv.baseAddress
                    unsafe parameters.ulIvLen = UInt(iv.count)
                    unsafe parameters.ulIvBits = UInt(iv.count * 8)
                    unsafe parameters.pAAD = aad.baseAddress
                    unsafe parameters.ulAADLen = UInt(aad.count)
                    unsafe parameters.ulTagBits = 128
                    return unsafe lend(&parameters, MemoryLayout<CK_GCM_PARAMS>.size, body)
                }
            }
        case .ecdh(var point):
            return unsafe point.withUnsafeMutableBufferPointer { bytes in
                var parameters = unsafe CK_ECDH1_DERIVE_PARAMS()
                unsafe parameters.kdf = CKD_NULL
                unsafe parameters.pPublicData = bytes.baseAddress
                unsafe parameters.ulPublicDataLen = UInt(bytes.count)
                return unsafe lend(&parameters, MemoryLayout<CK_ECDH1_DERIVE_PARAMS>.size, body)
            }
        }
    }

    private func lend<R>(
        _ parameter: UnsafeMutableRawPointer?, _ size: Int, _ body: (UnsafeMutablePointer<CK_MECHANISM>) -> R
    ) -> R {
        var raw = unsafe CK_MECHANISM(mechanism: type.rawValue, pParameter: parameter, ulParameterLen: UInt(size))
        return unsafe body(&raw)
    }

    private static func maskGeneration(_ hash: MechanismType) -> UInt {
        switch hash {
        case .sha1: CKG_MGF1_SHA1
        case .sha224: CKG_MGF1_SHA224
        case .sha384: CKG_MGF1_SHA384
        case .sha512: CKG_MGF1_SHA512
        default: CKG_MGF1_SHA256
        }
    }
}
