import XKSClient
import XKSProxy

/// The bodies of the XKS proxy's requests and of other proxies' answers, read as each operation's, and as base64: what
/// decodes encodes to the same text.
public func fuzzXKS(_ bytes: [UInt8]) {
    XKSBodies.read(bytes)
    XKSAnswerBodies.read(bytes)
}
