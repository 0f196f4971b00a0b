import ArgumentParser
import KMSCore
import SecureMemory

/// One kind of operation that is measured, named as `raw-token` names it.
enum Work: String, CaseIterable, ExpressibleByArgument, Encodable {
    /// AES-256-GCM of 32 bytes, with 64 bytes of additional data.
    case encrypt
    /// RSASSA-PSS with SHA-256, of a digest.
    case signRSA2048 = "sign-rsa-2048-pss"
    /// ECDSA on NIST's P-256, of a digest.
    case signP256 = "sign-p256"
    /// HMAC-SHA-256 of 32 bytes.
    case mac

    var spec: KeySpec {
        switch self {
        case .encrypt: .symmetricDefault
        case .signRSA2048: .rsa2048
        case .signP256: .p256
        case .mac: .hmac256
        }
    }

    var usage: KeyUsage {
        switch self {
        case .encrypt: .encryptDecrypt
        case .signRSA2048, .signP256: .signVerify
        case .mac: .generateVerifyMAC
        }
    }

    func perform(_ backend: some KeyBackend, with key: MaterialReference, on input: borrowing Input) async throws {
        switch self {
        case .encrypt:
            _ = try await backend.encrypt(input.secret, authenticating: input.aad, with: key)
        case .signRSA2048:
            _ = try await backend.sign(input.digest, "RSASSA_PSS_SHA_256", with: key)
        case .signP256:
            _ = try await backend.sign(input.digest, "ECDSA_SHA_256", with: key)
        case .mac:
            _ = try await backend.generateMAC(of: input.secret, "HMAC_SHA_256", with: key)
        }
    }

    /// What is worked on, made once.
    struct Input: ~Copyable {
        let secret = SecretBytes(copying: [UInt8](repeating: 0x70, count: 32))
        let digest = [UInt8](repeating: 0x6D, count: 32)
        let aad = [UInt8](repeating: 0x61, count: 64)
    }
}
