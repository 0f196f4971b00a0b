import AuditLog
import FoundationEssentials

/// Lines of the audit log: what is taken for one has its record within it, and reading the record never traps.
public func fuzzAudit(_ bytes: [UInt8]) {
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        let line = Array(line)
        guard let read = RecordLine(line.span) else { continue }
        precondition(read.record.lowerBound > 0 && read.record.upperBound < line.count)
        let record = Array(line[read.record])
        var query = AuditQuery()
        query.key = "alias/a"
        query.principal = "alice"
        _ = query.mayMatch(record.span)
        guard let event = try? JSONDecoder().decode(AuditEvent.self, from: Data(record)) else { continue }
        _ = query.matches(event)
        // Whatever matches by its content must not have been left out by its bytes.
        precondition(!query.matches(event) || query.mayMatch(record.span) || record.contains(UInt8(ascii: "\\")))
    }
}
