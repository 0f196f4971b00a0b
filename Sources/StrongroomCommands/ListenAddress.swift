import ArgumentParser

/// HOST:PORT, with an IPv6 address in brackets.
struct ListenAddress: Sendable {
    let host: String
    let port: Int

    init(_ text: String) throws(CommandFailure) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw CommandFailure("'\(text)' is not HOST:PORT", hint: "write it like 127.0.0.1:8470")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else {
            throw CommandFailure("'\(text)' names no host", hint: "write it like 127.0.0.1:8470")
        }
        self.host = String(host)
        self.port = Int(port)
    }

    /// The host as it stands in a URL.
    var bracketedHost: String { host.contains(":") ? "[\(host)]" : host }
}

/// The folder that nearly every command works on.
struct StateOption: ParsableArguments {
    @Option(name: .customLong("state"), help: "The state directory that `strongroom init` made.")
    var path: String
}
