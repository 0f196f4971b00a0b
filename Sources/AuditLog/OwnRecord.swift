import KMSCore
import LibCrypto

/// What the log tells of itself.
enum OwnRecord {
    /// The first record of a process: what it found, of one that did not end in order.
    static func start(_ recovered: RecoveredLog, _ settings: AuditLogSettings, at date: Timestamp) -> [UInt8] {
        var found: [AuditValue.Member] = []
        if recovered.signedLate > 0 {
            found.append(.init("signedLate", .integer(Int64(clamping: recovered.signedLate))))
        }
        if !recovered.movedAside.isEmpty {
            found.append(
                .init(
                    "movedAside",
                    .array(
                        recovered.movedAside.map { moved in
                            .object(
                                ("file", .string(moved.copy)), ("bytes", .integer(Int64(moved.count))),
                                ("sha256", .string(moved.hash.description)))
                        })))
        }
        return record("StartLogging", found, settings, at: date)
    }

    /// The last record of a process that ends in order.
    static func stop(_ settings: AuditLogSettings, at date: Timestamp) -> [UInt8] {
        record("StopLogging", [], settings, at: date)
    }

    /// That records are missing here which found no room.
    static func lost(_ count: Int, _ settings: AuditLogSettings, at date: Timestamp) -> [UInt8] {
        record("LoseRecords", [.init("lost", .integer(Int64(count)))], settings, at: date)
    }

    /// In the place of an item of the outbox that cannot stand in a line.
    static func unreadable(_ item: OutboxItem, _ settings: AuditLogSettings) -> [UInt8] {
        let found: [AuditValue.Member] = [
            .init("item", .string(item.id)), .init("bytes", .integer(Int64(item.body.count))),
            .init("sha256", .string(LogHash(of: item.body.span).description)),
            .init("beginning", .string(Hexadecimal.encode(item.body.prefix(4096)))),
        ]
        return record("ReadOutboxItem", found, settings, at: item.date, id: item.id)
    }

    private static func record(
        _ name: String, _ additional: [AuditValue.Member], _ settings: AuditLogSettings, at date: Timestamp,
        id: String = .randomUUID()
    ) -> [UInt8] {
        AuditRecord(
            id: id, date: date, source: "strongroom", name: name, region: settings.region.description, caller: nil,
            origin: nil, requestID: "", isReadOnly: false, recipient: settings.account, additional: additional,
            isServiceEvent: true
        ).json
    }
}
