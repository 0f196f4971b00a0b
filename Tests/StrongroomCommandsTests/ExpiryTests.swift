import FoundationEssentials
import Testing

@testable import StrongroomCommands

@Suite struct `An expiry` {
    /// 2027-01-15T08:00:00Z, and half a second.
    private let now = Date(timeIntervalSince1970: 1_800_000_000.5)

    private func expiry(_ period: String? = nil, until instant: String? = nil) throws(CommandFailure) -> Expiry {
        try Expiry(period: period, instant: instant, now: now)
    }

    @Test func `that is not given is none`() throws {
        #expect(try expiry() == .never)
        #expect(try expiry().model == "KEY_MATERIAL_DOES_NOT_EXPIRE")
    }

    @Test(arguments: [("90d", 7_776_000.0), ("1d", 86_400), ("365d", 31_536_000), ("12h", 43_200), ("30m", 1800)])
    func `counts from now, in whole seconds`(period: String, seconds: Double) throws {
        #expect(try expiry(period) == .at(Date(timeIntervalSince1970: 1_800_000_000 + seconds)))
        #expect(try expiry(period).model == "KEY_MATERIAL_EXPIRES")
    }

    @Test(arguments: ["", "d", "90", "90s", "90w", "-1d", "1.5d", "0d", " 1d", "1d ", "1dd", "9999999d", "0x1d", "٣d"])
    func `that is no period is refused with an example`(period: String) {
        expectFailure(saying: "--expires-in", "90d") { _ = try expiry(period) }
    }

    @Test(arguments: [
        ("2027-01-31T12:00:00Z", 1_801_396_800.0), ("2027-01-31T13:00:00+01:00", 1_801_396_800),
        ("2027-01-31T12:00:00.750Z", 1_801_396_800), ("2027-01-31", 1_801_353_600),
    ])
    func `can be a time as ISO 8601 has it`(text: String, seconds: Double) throws {
        #expect(try expiry(until: text) == .at(Date(timeIntervalSince1970: seconds)))
    }

    @Test(arguments: ["tomorrow", "31.1.2027", "2027-13-01T00:00:00Z", "1801396800", ""])
    func `that is no time is refused with an example`(text: String) {
        expectFailure(saying: "--valid-to", "2027-01-31T12:00:00Z") { _ = try expiry(until: text) }
    }

    @Test func `in the past, or beyond 365 days, is refused`() {
        expectFailure(saying: "expired already") { _ = try expiry(until: "2027-01-15T08:00:00Z") }
        expectFailure(saying: "at most 365 days") { _ = try expiry("366d") }
        expectFailure(saying: "at most 365 days") { _ = try expiry(until: "2028-01-16T08:00:00Z") }
    }

    @Test func `is given in one way`() {
        expectFailure(saying: "--expires-in and --valid-to") { _ = try expiry("90d", until: "2027-01-31") }
    }
}
