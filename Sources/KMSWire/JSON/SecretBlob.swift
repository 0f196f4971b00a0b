import FoundationEssentials
package import SecureMemory
import Synchronization

/// A secret member of a request: taken out of its base64 into locked memory, and handed on once.
///
/// A class, because what `Decodable` makes has to be copyable. The base64 text itself was in the socket's buffer and
/// in the decoder's before: neither is ours to wipe.
package final class SecretBlob: Sendable {
    private let secret: Mutex<SecretBytes?>
    package let count: Int

    init(_ secret: consuming SecretBytes) {
        count = secret.count
        self.secret = Mutex(secret)
    }

    /// Nil when `text` is not base64.
    convenience init?(base64 text: String) {
        guard var data = Base64.decode(text) else { return nil }
        self.init(SecretBytes(copying: data.bytes))
        var bytes = data.mutableBytes
        bytes.wipe()
    }

    /// A secret that is a text, and not base64 of one.
    convenience init(text: String) {
        var bytes = Array(text.utf8)
        self.init(SecretBytes(copying: bytes))
        // Unsafe in general for the padding of larger elements; bytes have none.
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        raw.wipe()
    }

    /// Gives the secret up. To be called once.
    package func take() -> SecretBytes {
        guard let secret = secret.withLock({ $0.take() }) else {
            preconditionFailure("a request's secret is taken once")
        }
        return secret
    }
}
