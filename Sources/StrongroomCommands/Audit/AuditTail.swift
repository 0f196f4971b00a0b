import ArgumentParser
import AuditLog
import FoundationEssentials
import KMSCore

struct AuditTail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Show the last records of the audit log, or those that match, and go on with new ones.",
        discussion: """
            strongroom audit tail --state /var/lib/strongroom --follow
            strongroom audit tail --state DIR --principal alice --error AccessDenied --since 24h
            strongroom audit tail --state DIR --key 1234abcd-12ab-34cd-56ef-1234567890ab --json
            """
    )

    @OptionGroup var location: AuditLocation

    @Option(help: "A key's id or ARN, or an alias's name or ARN.")
    var key: String?

    @Option(help: "Who called, or whose session it was: an ARN, a name, a unique id or an access key id.")
    var principal: String?

    @Option(help: "An operation, as Decrypt.")
    var event: String?

    @Option(help: "An error code, as AccessDenied.")
    var error: String?

    @Option(help: "The first moment, as 2026-11-21T10:00:00Z, or how long ago it was, as 2h or 7d.")
    var since: String?

    @Option(help: "The last moment, or how long ago it was.")
    var until: String?

    @Option(name: .customShort("n"), help: "How many records to show. (default: 10, or all of them with --since)")
    var count: Int?

    @Flag(help: "Go on with new records until interrupted.")
    var follow = false

    @Flag(help: "Print the records as they are, one JSON object a line.")
    var json = false

    func validate() throws {
        if let count, !(0...1_000_000).contains(count) {
            throw ValidationError("-n cannot be \(count): give from 0 to 1000000.")
        }
        if follow, until != nil { throw ValidationError("--follow and --until are given: give one of them.") }
    }

    func run() async throws {
        do {
            try await show(query(at: Date()))
        } catch let failure as LogFailure {
            throw CommandFailure("\(failure)")
        }
    }

    func query(at now: Date) throws(CommandFailure) -> AuditQuery {
        var query = AuditQuery()
        query.key = key
        query.principal = principal
        query.event = event
        query.error = error
        query.since = try since.map { text throws(CommandFailure) in try Self.moment(text, "--since", now) }
        query.until = try until.map { text throws(CommandFailure) in try Self.moment(text, "--until", now) }
        return query
    }

    private static func moment(_ text: String, _ option: String, _ now: Date) throws(CommandFailure) -> Timestamp {
        guard let date = Expiry.seconds(text).map({ now - $0 }) ?? Expiry.date(text) else {
            throw CommandFailure(
                "\(option) \(text) is no time", hint: "write it like 2026-11-21T10:00:00Z, or 2h or 7d for ago")
        }
        return Timestamp(milliseconds: Int64(date.timeIntervalSince1970 * 1000))
    }

    private func show(_ query: AuditQuery) async throws {
        let folder = try location.open()
        let names = try query.since.map { since throws(LogFailure) in try folder.records(since: since) }
        guard let last = try folder.list().records.last else {
            throw CommandFailure("there are no records in \(folder.path)")
        }
        // All since some moment, or the last ones: of those, the newest file is read here and gone on with.
        let count = count ?? (since == nil ? 10 : nil)
        var reader = try AuditReader(folder, from: count == nil ? names?.first ?? last : last)
        if let count {
            var found: [[UInt8]] = []
            try reader.read { record in
                if let match = query.match(record) { found.append(match) }
                if found.count > 2 * count { found.removeFirst(found.count - count) }
            }
            let earlier = try folder.last(max(0, count - found.count), matching: query, before: last)
            for record in earlier + found.suffix(count) { put(line(record) + "\n", on: 1) }
        }
        repeat {
            try reader.read { record in
                if let match = query.match(record) { put(line(match) + "\n", on: 1) }
            }
            if follow { try await Task.sleep(for: .milliseconds(200)) }
        } while follow
    }

    /// One record for a person to read, or as it is.
    func line(_ record: [UInt8]) -> String {
        guard !json, let event = AuditEvent(record) else { return String(decoding: record, as: UTF8.self) }
        let names = (event.resources ?? []).compactMap(\.arn) + (event.requestParameters?.values ?? [])
        var words = [
            event.eventTime, event.eventName, event.errorCode ?? "ok", event.who, event.sourceIPAddress,
            names.first ?? "-",
        ]
        if event.errorCode != nil, let why = event.refusal ?? event.errorMessage { words.append(why) }
        return words.joined(separator: "  ").printable
    }
}

extension String {
    /// Without what a terminal would act on: clients choose some of the texts in a record.
    fileprivate var printable: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                text.unicodeScalars.append("\u{fffd}")
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
