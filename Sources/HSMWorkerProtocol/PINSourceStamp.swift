import Glibc

/// Tells whether a PIN may be another than before, without reading it: a file has been changed, or another source named.
///
/// What a command prints, what a descriptor holds and what a variable is set to cannot be told so, and a credential is
/// another file after each start: of those the stamp is the name alone.
package struct PINSourceStamp: Hashable, Sendable {
    package let text: String

    package init(_ source: PINSource) {
        let name =
            switch source {
            // The server hands the worker one for the other.
            case .descriptor, .environment: "inherited"
            case .handed(let name, _): "handed-" + String(Self.hash(name), radix: 16)
            case .file, .credential, .command: String(Self.hash("\(source)"), radix: 16)
            }
        guard case .file(let path) = source else {
            text = name
            return
        }
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            text = name + "-absent"
            return
        }
        let changed = status.st_ctim.tv_sec &* 1_000_000_000 &+ status.st_ctim.tv_nsec
        text = "\(name)-\(changed)-\(status.st_ino)-\(status.st_size)"
    }

    /// FNV-1a. A name for files, no protection: nothing secret goes in.
    static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
