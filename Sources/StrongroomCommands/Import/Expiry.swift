import FoundationEssentials

/// Until when imported material can be used.
enum Expiry: Hashable {
    case never
    /// In whole seconds, as AWS KMS keeps it.
    case at(Date)

    /// AWS KMS's limit, in days.
    static let maximumDays = 365

    /// - Parameters:
    ///   - period: as `90d`, `12h` or `30m`.
    ///   - instant: ISO 8601.
    init(period: String?, instant: String?, now: Date) throws(CommandFailure) {
        let end: Date
        switch (period, instant) {
        case (nil, nil):
            self = .never
            return
        case (_?, _?):
            throw CommandFailure("both --expires-in and --valid-to are given", hint: "give one of them, or neither")
        case (let period?, nil):
            guard let seconds = Self.seconds(period) else {
                throw CommandFailure(
                    "--expires-in \(period) is not a number of days, hours or minutes",
                    hint: "write it like 90d, 12h or 30m"
                )
            }
            end = now.addingTimeInterval(seconds)
        case (nil, let instant?):
            guard let parsed = Self.date(instant) else {
                throw CommandFailure(
                    "--valid-to \(instant) is not a time as ISO 8601 has it", hint: "write it like 2027-01-31T12:00:00Z"
                )
            }
            end = parsed
        }
        guard end > now else {
            throw CommandFailure("the key material would have expired already, at \(end.formatted(.iso8601))")
        }
        // A minute for the way to the server.
        guard end <= now.addingTimeInterval(Double(Self.maximumDays) * 86_400 + 60) else {
            throw CommandFailure(
                "key material can be valid for at most \(Self.maximumDays) days",
                hint: "import the same material again before it expires, or leave the expiry out"
            )
        }
        self = .at(Date(timeIntervalSince1970: end.timeIntervalSince1970.rounded(.down)))
    }

    /// What `90d`, `12h` or `30m` are; nil for anything else.
    static func seconds(_ text: String) -> Double? {
        guard let unit = text.last.flatMap({ ["d": 86_400.0, "h": 3600.0, "m": 60.0][$0] }) else { return nil }
        let digits = text.dropLast()
        guard (1...6).contains(digits.count), digits.allSatisfy({ ("0"..."9").contains($0) }),
            let number = Double(String(digits)), number > 0
        else { return nil }
        return number * unit
    }

    /// ISO 8601.
    static func date(_ text: String) -> Date? {
        if let time = try? Date.ISO8601FormatStyle().parse(text) { return time }
        if let time = try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text) { return time }
        return try? Date.ISO8601FormatStyle().year().month().day().parse(text)
    }

    var date: Date? {
        if case .at(let date) = self { date } else { nil }
    }

    /// As ImportKeyMaterial's ExpirationModel has it.
    var model: String { date == nil ? "KEY_MATERIAL_DOES_NOT_EXPIRE" : "KEY_MATERIAL_EXPIRES" }
}
