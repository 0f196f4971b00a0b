import Crypto
import FoundationEssentials
import Glibc
import Synchronization

/// An access key with its secret, and the signing keys derived from it.
///
/// The derived keys live in here rather than in a table of the verifier: whoever looks an access key up on each request
/// and finds it deactivated, deleted or given another secret thereby also loses what was derived from it. A cache that
/// is keyed by the access key's id would go on answering for a key that is gone.
public final class SigningCredential: Sendable {
    public let accessKeyID: String
    /// What a temporary credential must send in x-amz-security-token; nil for a long-term one.
    public let sessionToken: String?

    /// `AWS4` and the secret access key; swift-crypto wipes it on release.
    private let prefixedSecret: SymmetricKey
    private let derived = Mutex<[Derived]>([])

    private struct Derived {
        let scope: CredentialScope
        let key: SigningKey
    }

    /// A verifier sees two days around midnight in each of its few Regions. More scopes than this derive anew.
    private static let derivedLimit = 8

    /// - Parameter secretAccessKey: Its characters as bytes. They are copied; wiping the original is the caller's.
    public init(accessKeyID: String, secretAccessKey: RawSpan, sessionToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.sessionToken = sessionToken
        self.prefixedSecret = Self.prefixed(secretAccessKey)
    }

    /// For a secret that arrived as text anyway: from the environment or a credentials file.
    public convenience init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
        let secret = unsafe secretAccessKey.utf8.span.bytes
        self.init(accessKeyID: accessKeyID, secretAccessKey: secret, sessionToken: sessionToken)
    }

    /// The key for `scope`, which is derived on first use.
    ///
    /// The caller has checked the scope: each scope that a stranger could make up would take a place and four HMACs.
    func signingKey(for scope: CredentialScope) -> SigningKey {
        derived.withLock { derived in
            if let known = derived.first(where: { $0.scope == scope }) { return known.key }
            let key = SigningKey(prefixedSecret: prefixedSecret, scope: scope)
            if derived.count == Self.derivedLimit { derived.removeFirst() }
            derived.append(Derived(scope: scope, key: key))
            return key
        }
    }

    private static func prefixed(_ secret: RawSpan) -> SymmetricKey {
        let prefix = Array("AWS4".utf8)
        let byteCount = prefix.count + secret.byteCount
        return unsafe withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 1) { buffer in
            unsafe buffer.copyBytes(from: prefix)
            for offset in 0..<secret.byteCount {
                unsafe buffer[prefix.count + offset] = secret.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            }
            // The stack is used again by code that does not expect a secret on it.
            defer { unsafe explicit_bzero(buffer.baseAddress!, byteCount) }
            return unsafe SymmetricKey(data: UnsafeRawBufferPointer(buffer))
        }
    }
}

extension SigningCredential: CustomStringConvertible {
    /// The id alone, which is no secret.
    public var description: String { "SigningCredential(\(accessKeyID))" }
}
