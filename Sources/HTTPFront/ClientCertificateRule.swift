import LibCrypto
import NIOCore
package import NIOSSL

/// Whose certificates are taken of clients, besides that a trusted root has to be above them.
package struct ClientCertificateRule: Sendable {
    /// The one common name (CN) that the subject has to have, in any case.
    package let subject: String

    package init(subject: String) {
        self.subject = subject
    }

    package func accepts(_ certificate: NIOSSLCertificate) -> Bool {
        guard let der = try? certificate.toDERBytes(), let names = CertificateSubject.commonNames(of: der) else {
            return false
        }
        return names.count == 1 && names[0].lowercased() == subject.lowercased()
    }
}

/// A client whose certificate is trusted and is not the one that was asked for. The handshake ends with it.
struct UnexpectedClient: Error {}
