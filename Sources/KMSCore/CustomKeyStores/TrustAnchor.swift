import FoundationEssentials

/// A trust anchor certificate, to be compared with another: by what it says, not by how its lines are broken.
struct TrustAnchor: Equatable {
    private let der: Data

    private static let begin = "-----BEGIN CERTIFICATE-----"
    private static let end = "-----END CERTIFICATE-----"

    /// Nil unless `pem` is one certificate (RFC 7468), whatever stands before it.
    init?(pem: String) {
        guard let start = pem.firstRange(of: Self.begin)?.upperBound,
            let end = pem.firstRange(of: Self.end)?.lowerBound,
            start <= end
        else { return nil }
        let digits = pem[start..<end].filter { !$0.isWhitespace }
        // Every certificate is a sequence.
        guard let der = Data(base64Encoded: String(digits)), der.first == 0x30 else { return nil }
        self.der = der
    }
}
