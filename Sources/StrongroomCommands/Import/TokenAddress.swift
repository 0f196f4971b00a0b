import FoundationEssentials
import HSMWorkerProtocol

/// A token, or an object in it, as a command's user names it.
struct TokenAddress: Sendable {
    /// Without PIN and module.
    let uri: String
    let module: String
    /// Nil where none is named.
    let pin: PINSource?

    /// - Parameter text: RFC 7512, with `module-path` and `pin-source` where there are no options for them.
    init(_ text: String, module: String?, pinFile: String?) throws(CommandFailure) {
        guard text.hasPrefix("pkcs11:") else {
            throw CommandFailure(
                "\(text) is not a PKCS#11 URI", hint: "write it like 'pkcs11:token=old;object=payroll'")
        }
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var query: [String: String] = [:]
        for attribute in parts.count == 2 ? parts[1].split(separator: "&") : [] {
            let pair = attribute.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, let value = Self.decoded(pair[1]) else {
                throw CommandFailure("the PKCS#11 URI's part behind the question mark is malformed")
            }
            query[String(pair[0])] = value
        }
        guard query["pin-value"] == nil else {
            throw CommandFailure(
                "the PKCS#11 URI has the PIN in it, where everybody on this machine can read it",
                hint: "put the PIN into a file of mode 0600 and give --pin-file, and change the PIN"
            )
        }
        if let stray = query.keys.sorted().first(where: { !["pin-source", "module-path"].contains($0) }) {
            throw CommandFailure(
                "the PKCS#11 URI's attribute \(stray) is not known", hint: "name the module with --module PATH")
        }
        uri = String(parts[0])
        guard let path = module ?? query["module-path"], path.hasPrefix("/") else {
            throw CommandFailure(
                "the token's PKCS#11 module is not named", hint: "give --module and the absolute path of its library")
        }
        self.module = path
        pin = Self.pinSource(pinFile, query["pin-source"])
    }

    private static func pinSource(_ file: String?, _ source: String?) -> PINSource? {
        if let file { return .file(absolute(file)) }
        guard let source else { return nil }
        if source.hasPrefix("|") { return .command(source.dropFirst().split(separator: " ").map(String.init)) }
        return .file(absolute(source.hasPrefix("file:") ? String(source.dropFirst("file:".count)) : source))
    }

    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// Percent-decodes (RFC 3986, section 2.1); nil where a % begins nothing.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let digits = String(rest.prefix(2)), digits.utf8.count == 2, let value = UInt8(digits, radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Modules find their configuration through the environment of whoever uses them. The AWS credentials that may be
    /// in it are none of their business.
    static var environment: [String: String] {
        ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("AWS_") }
    }
}
