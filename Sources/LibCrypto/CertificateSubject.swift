internal import CLibCrypto

/// Whom an X.509 certificate was given to (RFC 5280, section 4.1.2.6).
package enum CertificateSubject {
    /// The subject's common names, as they stand; nil for what is no certificate, or has names beyond reason.
    ///
    /// - Parameter certificate: In DER. That it is trusted, somebody else has seen to.
    package static func commonNames(of certificate: [UInt8]) -> [String]? {
        var names: [String] = []
        while names.count <= maximumCount {
            let name = unsafe output { target, size in
                unsafe libcrypto_certificate_common_name(certificate, certificate.count, names.count, target, &size)
            }
            guard let name else { return names.isEmpty ? nil : names }
            guard let text = String(validating: name, as: UTF8.self) else { return nil }
            names.append(text)
        }
        return nil
    }

    private static let maximumCount = 16
}
