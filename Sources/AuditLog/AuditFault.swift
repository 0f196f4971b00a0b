/// What shows that a log is not as it was written.
package struct AuditFault: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        case altered
        case removed
        case inserted
        case reordered
        /// Removed at the end.
        case cutOff
    }

    package let kind: Kind
    /// The file's name in the log's folder.
    package let file: String
    /// From 1; nil where the whole file is meant.
    package let line: Int?
    /// Of the first bad record; nil where no record is meant.
    package let sequence: UInt64?
    package let text: String

    init(_ kind: Kind, _ file: String, line: Int? = nil, sequence: UInt64? = nil, _ text: String) {
        self.kind = kind
        self.file = file
        self.line = line
        self.sequence = sequence
        self.text = text
    }

    package var description: String {
        file + (line.map { ", line \($0)" } ?? "") + (sequence.map { ", record \($0)" } ?? "") + ": " + text
    }
}
