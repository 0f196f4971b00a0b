/// A moment, in whole milliseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Hashable, Comparable, Sendable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public init(seconds: Int64) {
        self.milliseconds = seconds * 1000
    }

    public static func < (a: Timestamp, b: Timestamp) -> Bool {
        a.milliseconds < b.milliseconds
    }

    package func adding(days: Int) -> Timestamp {
        Timestamp(milliseconds: milliseconds + Int64(days) * 86_400_000)
    }
}

extension Timestamp {
    /// `2026-11-21T10:30:00Z`: ISO 8601 in UTC, without the milliseconds.
    package var iso8601: String {
        let seconds = milliseconds.flooredQuotient(1000)
        let days = seconds.flooredQuotient(86_400)
        let date = CivilDate(daysSince1970: days)
        let second = seconds - days * 86_400
        // At once, because every audit record has one.
        var text: [UInt8] = []
        text.reserveCapacity(20)
        Self.append(date.year, 4, "-", to: &text)
        Self.append(date.month, 2, "-", to: &text)
        Self.append(date.day, 2, "T", to: &text)
        Self.append(second / 3600, 2, ":", to: &text)
        Self.append(second / 60 % 60, 2, ":", to: &text)
        Self.append(second % 60, 2, "Z", to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The last `count` digits of a number that is not negative, and a character behind them.
    private static func append(_ value: Int64, _ count: Int, _ end: Unicode.Scalar, to text: inout [UInt8]) {
        let start = text.count
        var rest = max(0, value)
        for _ in 0..<count {
            text.insert(UInt8(ascii: "0") + UInt8(rest % 10), at: start)
            rest /= 10
        }
        text.append(UInt8(ascii: end))
    }
}

/// A day of the Gregorian calendar.
private struct CivilDate {
    let year: Int64
    let month: Int64
    let day: Int64

    /// Counts in years that begin in March, so that the leap day is the last one, and in eras of 400 years.
    init(daysSince1970: Int64) {
        let shifted = daysSince1970 + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

extension Int64 {
    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
