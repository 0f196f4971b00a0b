extension SigningTime {
    /// Reads the value of an x-amz-date or Date header; nil when it has neither form, or names no real second.
    init?(headerValue: String) {
        let text = headerValue.utf8.span
        guard let time = SigningTime(basicFormat: text) ?? SigningTime(httpDate: text) else { return nil }
        self = time
    }

    /// `20150830T123600Z`, and nothing else.
    private init?(basicFormat text: Span<UInt8>) {
        guard text.count == 16, text[8] == UInt8(ascii: "T"), text[15] == UInt8(ascii: "Z"),
            let year = text.decimal(0..<4), let month = text.decimal(4..<6), let day = text.decimal(6..<8),
            let hour = text.decimal(9..<11), let minute = text.decimal(11..<13), let second = text.decimal(13..<15)
        else { return nil }
        self.init(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    }

    /// `Sun, 30 Aug 2015 12:36:00 GMT`: the fixed-length date of HTTP (RFC 9110 §5.6.7). The weekday is not checked,
    /// as it is not part of what the date says.
    private init?(httpDate text: Span<UInt8>) {
        guard text.count == 29, text.matches(", ", at: 3), text.matches(" ", at: 7), text.matches(" ", at: 11),
            text.matches(" ", at: 16), text.matches(":", at: 19), text.matches(":", at: 22),
            text.matches(" GMT", at: 25),
            let month = Self.months.firstIndex(where: { text.matches($0, at: 8) }),
            let day = text.decimal(5..<7), let year = text.decimal(12..<16),
            let hour = text.decimal(17..<19), let minute = text.decimal(20..<22), let second = text.decimal(23..<25)
        else { return nil }
        self.init(year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second)
    }

    private init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        guard hour < 24, minute < 60, second < 60, let date = CivilDate(year: year, month: month, day: day) else {
            return nil
        }
        self.init(epochSeconds: date.daysSince1970 * 86_400 + Int64(hour * 3600 + minute * 60 + second))
    }

    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
