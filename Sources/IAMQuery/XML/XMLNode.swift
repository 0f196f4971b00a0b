import FoundationEssentials
import KMSCore
import SecureMemory

/// A part of an answer.
indirect enum XMLNode: Sendable {
    case element(String, [XMLNode])
    case text(String, String)
    /// Appends a secret's bytes to the answer, so that there is no copy of it but that one.
    case secret(String, @Sendable (inout [UInt8]) -> Void)

    static func element(_ name: String, _ children: XMLNode?...) -> XMLNode {
        .element(name, children.compactMap(\.self))
    }

    /// Nil when there is no value.
    static func text(ifPresent name: String, _ value: String?) -> XMLNode? {
        value.map { .text(name, $0) }
    }

    static func date(_ name: String, _ date: Timestamp) -> XMLNode { .text(name, date.iso8601) }

    static func flag(_ name: String, _ flag: Bool) -> XMLNode { .text(name, flag ? "true" : "false") }

    static func number(_ name: String, _ number: Int) -> XMLNode { .text(name, String(number)) }

    /// A policy document as IAM gives it out: percent-encoded.
    static func document(_ name: String, _ document: String) -> XMLNode {
        .text(name, PercentCoding.encode(document))
    }

    static func list(_ name: String, _ elements: [[XMLNode]]) -> XMLNode {
        .element(name, elements.map { .element("member", $0) })
    }

    static func list(_ name: String, _ elements: [String]) -> XMLNode {
        .element(name, elements.map { .text("member", $0) })
    }

    /// A secret that is text. The secret is lent by whoever owns it, as often as the answer is written: once.
    static func secret<Owner: Sendable>(
        _ name: String, of owner: Owner, _ lend: @escaping @Sendable (Owner, (RawSpan) -> Void) -> Void
    ) -> XMLNode {
        .secret(name) { answer in
            lend(owner) { bytes in
                for offset in 0..<bytes.byteCount {
                    XMLWriter.append(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self), to: &answer)
                }
            }
        }
    }
}
