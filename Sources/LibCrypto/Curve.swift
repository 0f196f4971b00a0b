internal import CLibCrypto

/// The named curves (SEC 2, NIST SP 800-186) that are served; all have cofactor 1.
package enum Curve: String, Sendable, CaseIterable {
    case p256, p384, p521, secp256k1

    /// Of a coordinate, and of a number modulo the order, in bytes.
    package var fieldSize: Int {
        switch self {
        case .p256, .secp256k1: 32
        case .p384: 48
        case .p521: 66
        }
    }

    /// ECParameters (RFC 3279, section 2.3.5): the curve's object identifier in DER.
    package var parameters: [UInt8] {
        switch self {
        case .p256: [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]
        case .p384: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]
        case .p521: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23]
        case .secp256k1: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]
        }
    }

    var code: libcrypto_curve {
        switch self {
        case .p256: libcrypto_p256
        case .p384: libcrypto_p384
        case .p521: libcrypto_p521
        case .secp256k1: libcrypto_secp256k1
        }
    }

    init(_ code: libcrypto_curve) {
        switch code {
        case libcrypto_p384: self = .p384
        case libcrypto_p521: self = .p521
        case libcrypto_secp256k1: self = .secp256k1
        default: self = .p256
        }
    }
}
