/// A moment as conditions write it: in the forms of ISO 8601 that the W3C's note on date and time formats names, or in
/// seconds since 1970.
enum Moment {
    /// A policy's value: four digits are a year, as everybody means who writes `2030`.
    static func seconds(ofPolicy text: String) -> Double? {
        date(text) ?? DecimalNumber.value(of: text)
    }

    /// A request's value, which is in seconds as a rule.
    static func seconds(ofRequest text: String) -> Double? {
        DecimalNumber.value(of: text) ?? date(text)
    }

    /// `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, and these with `Thh:mm`, seconds, a fraction, and `Z` or `±hh:mm`.
    private static func date(_ text: String) -> Double? {
        var scanner = Scanner(Array(text.utf8))
        guard let year = scanner.number(digits: 4) else { return nil }
        var month = 1
        var day = 1
        if scanner.take("-") {
            guard let number = scanner.number(digits: 2), 1...12 ~= number else { return nil }
            month = number
            if scanner.take("-") {
                guard let number = scanner.number(digits: 2), 1...length(of: month, year) ~= number else { return nil }
                day = number
                if scanner.take("T") {
                    guard let seconds = scanner.time(), scanner.isAtEnd else { return nil }
                    return Double(days(year, month, day) * 86_400) + seconds
                }
            }
        }
        return scanner.isAtEnd ? Double(days(year, month, day) * 86_400) : nil
    }

    private static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    private static func length(of month: Int, _ year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Since 1970-01-01.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let before = year - 1
        // Of the years before; year 0 is a leap year, and -1/4 rounds to 0.
        let leapDays = year == 0 ? 0 : before / 4 - before / 100 + before / 400 + 1
        let months = (1..<month).reduce(0) { $0 + length(of: $1, year) }
        return year * 365 + leapDays + months + day - 1 - 719_528
    }
}

extension Moment {
    private struct Scanner {
        private let bytes: [UInt8]
        private var offset = 0

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }

        var isAtEnd: Bool { offset == bytes.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
            offset += 1
            return true
        }

        mutating func number(digits: Int) -> Int? {
            guard offset + digits <= bytes.count else { return nil }
            var number = 0
            for byte in bytes[offset..<offset + digits] {
                guard byte.isASCIIDigit else { return nil }
                number = number * 10 + Int(byte - UInt8(ascii: "0"))
            }
            offset += digits
            return number
        }

        /// Seconds since midnight, in UTC.
        mutating func time() -> Double? {
            guard let minutes = hoursAndMinutes() else { return nil }
            var seconds = Double(minutes * 60)
            if take(":") {
                // 60 is a leap second's.
                guard let number = number(digits: 2), number <= 60 else { return nil }
                seconds += Double(number)
                if take(".") {
                    guard let fraction = fraction() else { return nil }
                    seconds += fraction
                }
            }
            if take("Z") { return seconds }
            let isEast = take("+")
            guard isEast || take("-"), let offset = hoursAndMinutes() else { return nil }
            return seconds - Double((isEast ? offset : -offset) * 60)
        }

        private mutating func hoursAndMinutes() -> Int? {
            guard let hours = number(digits: 2), hours < 24, take(":"), let minutes = number(digits: 2), minutes < 60
            else { return nil }
            return hours * 60 + minutes
        }

        private mutating func fraction() -> Double? {
            let digits = bytes[offset...].prefix(while: \.isASCIIDigit)
            guard !digits.isEmpty else { return nil }
            offset = digits.endIndex
            return Double("0.\(String(decoding: digits, as: UTF8.self))")
        }
    }
}
