/// The second at which a request was signed, in the two forms in which a request states it.
struct SigningTime: Equatable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z, between the years 0000 and 9999.
    let epochSeconds: Int64

    init(epochSeconds: Int64) {
        // Sixteen characters have room for four digits of year, so anything beyond is drawn back to the edge.
        self.epochSeconds = min(max(epochSeconds, -62_167_219_200), 253_402_300_799)
    }

    /// The day as a credential scope has it: `20150830`.
    var day: String { String(decoding: basicFormat.prefix(8), as: UTF8.self) }

    /// ISO 8601 in its basic format, the form that is signed: `20150830T123600Z`, 16 bytes.
    var basicFormat: [UInt8] {
        let (days, second) = epochSeconds.dividedFlooring(by: 86_400)
        let date = CivilDate(daysSince1970: days)
        var text: [UInt8] = []
        text.reserveCapacity(16)
        text.appendDecimal(date.year, digits: 4)
        text.appendDecimal(date.month, digits: 2)
        text.appendDecimal(date.day, digits: 2)
        text.append(UInt8(ascii: "T"))
        text.appendDecimal(Int(second / 3600), digits: 2)
        text.appendDecimal(Int(second / 60 % 60), digits: 2)
        text.appendDecimal(Int(second % 60), digits: 2)
        text.append(UInt8(ascii: "Z"))
        return text
    }
}

extension SigningTime: CustomStringConvertible {
    var description: String { String(decoding: basicFormat, as: UTF8.self) }
}

/// A day of the proleptic Gregorian calendar.
struct CivilDate: Equatable {
    var year: Int
    var month: Int
    var day: Int

    /// Nil when there is no such day.
    init?(year: Int, month: Int, day: Int) {
        let lengths = [31, year.isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...12).contains(month), (1...lengths[month - 1]).contains(day) else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Counts from 1 March of the year 0, which puts the leap day at the end of a year: then months alone give the
    /// day of the year, and 400 years are always 146,097 days.
    init(daysSince1970: Int64) {
        let (era, dayOfEra) = (daysSince1970 + 719_468).dividedFlooring(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
        month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let (era, yearOfEra) = Int64(month <= 2 ? year - 1 : year).dividedFlooring(by: 400)
        let monthFromMarch = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int {
    fileprivate var isLeapYear: Bool { isMultiple(of: 4) && (!isMultiple(of: 100) || isMultiple(of: 400)) }
}

extension Int64 {
    fileprivate func dividedFlooring(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
