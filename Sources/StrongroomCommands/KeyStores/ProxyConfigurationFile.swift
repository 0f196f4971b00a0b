// swift-format-ignore-file: AlwaysUseLowerCamelCase

// The names are AWS's.
import FoundationEssentials
import SecureMemory

/// The file that a proxy's operator hands out, and that the AWS console takes: the proxy's path, and what requests to it are
/// signed with ("Proxy configuration file", AWS KMS Developer Guide). `strongroom xks-proxy init-store` writes it, too.
struct ProxyConfigurationFile: Decodable {
    var XksProxyUriPath: String
    var XksProxyAuthenticationCredential: XKSCredentialInput

    static func read(_ path: String) throws(CommandFailure) -> ProxyConfigurationFile {
        let content = try SecretInput.privateFile(path, called: "the proxy configuration")
        // The request's JSON takes no other form, and this process ends when it is answered.
        let data = content.withExposedBytes { span in unsafe span.withUnsafeBytes { unsafe Data($0) } }
        do {
            return try JSONDecoder().decode(ProxyConfigurationFile.self, from: data)
        } catch {
            throw CommandFailure(
                "the proxy configuration \(path) is not the JSON that it has to be",
                hint: "it has XksProxyUriPath and XksProxyAuthenticationCredential, with AccessKeyId and "
                    + "RawSecretAccessKey, as `strongroom xks-proxy init-store --output` writes it")
        }
    }
}
