import KMSPolicy
import Testing

/// Each operator in each of its forms, with every kind of value that a request can have.
@Suite struct `A condition operator` {
    struct Row: Sendable, CustomTestStringConvertible {
        let base: ConditionOperator.Base
        let listed: [String]
        /// Request values that fulfil it.
        let fulfilling: [String]
        let failing: [String]

        var testDescription: String { base.rawValue }
    }

    static let rows = [
        Row(base: .stringEquals, listed: ["blue", "re*"], fulfilling: ["blue", "re*"], failing: ["Blue", "red", ""]),
        Row(
            base: .stringNotEquals, listed: ["blue", "re*"], fulfilling: ["Blue", "red", ""], failing: ["blue", "re*"]),
        Row(
            base: .stringEqualsIgnoreCase, listed: ["Blue", "É"], fulfilling: ["bLUE", "é"],
            failing: ["blu", "e", ""]),
        Row(base: .stringNotEqualsIgnoreCase, listed: ["Blue"], fulfilling: ["blu", ""], failing: ["bLUE", "blue"]),
        Row(
            base: .stringLike, listed: ["b*e", "r?d", ""], fulfilling: ["be", "blue", "red", "réd", ""],
            failing: ["Blue", "bed", "rd", "reed"]),
        Row(base: .stringNotLike, listed: ["b*e", "r?d"], fulfilling: ["Blue", "rd", ""], failing: ["blue", "red"]),
        Row(
            base: .numericEquals, listed: ["10", "-2.5"], fulfilling: ["10", "10.0", "010", "-2.50"],
            failing: ["10.1", "2.5", "ten", "", "0xA", "nan"]),
        Row(base: .numericNotEquals, listed: ["10"], fulfilling: ["11", "ten"], failing: ["10", "10.0"]),
        Row(base: .numericLessThan, listed: ["10"], fulfilling: ["9.9", "-11"], failing: ["10", "11", "x", "-inf"]),
        Row(base: .numericLessThanEquals, listed: ["10"], fulfilling: ["9", "10"], failing: ["10.1", ""]),
        Row(base: .numericGreaterThan, listed: ["10"], fulfilling: ["10.1"], failing: ["10", "9", "infinity"]),
        Row(base: .numericGreaterThanEquals, listed: ["10", "x"], fulfilling: ["10", "11"], failing: ["9.9", "x"]),
        Row(
            base: .dateEquals, listed: ["2024-02-29T12:00:00Z"],
            fulfilling: ["1709208000", "2024-02-29T13:30:00+01:30", "1709208000.0"], failing: ["1709208001", "noon"]),
        Row(base: .dateNotEquals, listed: ["2024-02-29"], fulfilling: ["1709164801", "x"], failing: ["1709164800"]),
        Row(base: .dateLessThan, listed: ["2024-02-29"], fulfilling: ["1709164799.9", "0"], failing: ["1709164800"]),
        Row(base: .dateLessThanEquals, listed: ["1709164800"], fulfilling: ["1709164800"], failing: ["1709164800.1"]),
        Row(base: .dateGreaterThan, listed: ["2024-02"], fulfilling: ["1706745601"], failing: ["1706745600", "x"]),
        Row(base: .dateGreaterThanEquals, listed: ["2024"], fulfilling: ["1704067200"], failing: ["1704067199"]),
        Row(base: .bool, listed: ["TRUE"], fulfilling: ["true", "True"], failing: ["false", "yes", ""]),
        Row(base: .binaryEquals, listed: ["QmluYXJ5", "Qg=="], fulfilling: ["QmluYXJ5"], failing: ["qmluyxj5", "*"]),
        Row(
            base: .ipAddress, listed: ["203.0.113.0/24", "2001:db8::/32", "10.0.0.1"],
            fulfilling: ["203.0.113.255", "2001:DB8:1::1", "10.0.0.1", "::ffff:10.0.0.1"],
            failing: ["203.0.114.0", "2001:db9::", "10.0.0.2", "x", ""]),
        Row(base: .notIPAddress, listed: ["203.0.113.0/24"], fulfilling: ["::1", "1.2.3.4"], failing: ["203.0.113.1"]),
        Row(
            base: .arnEquals, listed: ["arn:aws:s3:::b*"], fulfilling: ["arn:aws:s3:::bucket", "arn:aws:s3:::b:c"],
            failing: ["arn:aws:s3::1:bucket", "arn:AWS:s3:::bucket", "bucket"]),
        Row(base: .arnLike, listed: ["arn:aws:*:*:*:?"], fulfilling: ["arn:aws:a:b:c:d"], failing: ["arn:aws:a:b:c"]),
        Row(
            base: .arnNotEquals, listed: ["arn:aws:s3:::b*"], fulfilling: ["arn:aws:s3:::c"],
            failing: ["arn:aws:s3:::b"]),
        Row(base: .arnNotLike, listed: ["arn:*:s3:::b"], fulfilling: ["arn:aws:s3:::c"], failing: ["arn:aws:s3:::b"]),
    ]

    @Test func `is in the table`() {
        #expect(Set(Self.rows.map(\.base)) == Set(ConditionOperator.Base.allCases).subtracting([.null]))
    }

    @Test(arguments: rows) func `holds for one value that fits`(row: Row) throws {
        for form in ["", "ForAnyValue:", "ForAllValues:"] {
            for suffix in ["", "IfExists"] {
                let name = form + row.base.rawValue + suffix
                for value in row.fulfilling { try expect(name, row, .one(value), holds: true) }
                for value in row.failing { try expect(name, row, .one(value), holds: false) }
            }
        }
    }

    @Test(arguments: rows) func `without a value holds as its form says`(row: Row) throws {
        let name = row.base.rawValue
        let isNegated = name.contains("Not")
        for none in [ConditionValues.absent, .several([])] {
            try expect(name, row, none, holds: isNegated)
            try expect("\(name)IfExists", row, none, holds: true)
            try expect("ForAnyValue:\(name)", row, none, holds: false)
            try expect("ForAnyValue:\(name)IfExists", row, none, holds: false)
            try expect("ForAllValues:\(name)", row, none, holds: true)
            try expect("ForAllValues:\(name)IfExists", row, none, holds: true)
        }
    }

    @Test(arguments: rows) func `asks any or all of several values`(row: Row) throws {
        let all = ConditionValues.several([row.fulfilling[0], row.fulfilling[0]])
        let some = ConditionValues.several([row.failing[0], row.fulfilling[0]])
        let none = ConditionValues.several([row.failing[0], row.failing[0]])
        let name = row.base.rawValue
        try expect("ForAnyValue:\(name)", row, all, holds: true)
        try expect("ForAnyValue:\(name)", row, some, holds: true)
        try expect("ForAnyValue:\(name)", row, none, holds: false)
        try expect("ForAllValues:\(name)", row, all, holds: true)
        try expect("ForAllValues:\(name)", row, some, holds: false)
        try expect("ForAllValues:\(name)", row, none, holds: false)
    }

    @Test(arguments: rows) func `takes a set of one value as that value`(row: Row) throws {
        for form in ["", "ForAnyValue:", "ForAllValues:"] {
            try expect(form + row.base.rawValue, row, .several([row.fulfilling[0]]), holds: true)
            try expect(form + row.base.rawValue, row, .several([row.failing[0]]), holds: false)
        }
    }

    @Test(arguments: rows) func `for one value never helps a request with several`(row: Row) throws {
        for values in [[row.fulfilling[0], row.fulfilling[0]], [row.failing[0], row.failing[0]]] {
            for suffix in ["", "IfExists"] {
                let name = row.base.rawValue + suffix
                #expect(try !Self.isAllowed("Allow", name, row.listed, .several(values)))
                #expect(try !Self.isAllowed("Deny", name, row.listed, .several(values)))
            }
        }
    }

    @Test(arguments: rows) func `with no values listed is what none of them fits`(row: Row) throws {
        let isNegated = row.base.rawValue.contains("Not")
        let value = ConditionValues.one(row.fulfilling[0])
        #expect(try Self.isAllowed("Allow", row.base.rawValue, [], value) == isNegated)
    }

    @Test(arguments: ["", "ForAnyValue:", "ForAllValues:"]) func `called Null asks whether there is a value`(
        form: String
    ) throws {
        let name = "\(form)Null"
        for none in [ConditionValues.absent, .several([])] {
            #expect(try Self.isAllowed("Allow", name, ["true"], none))
            #expect(try Self.isAllowed("Allow", name, ["TRUE"], none))
            #expect(try !Self.isAllowed("Allow", name, ["false"], none))
        }
        for some in [ConditionValues.one(""), .one("x"), .several(["x"]), .several(["x", "y"])] {
            #expect(try !Self.isAllowed("Allow", name, ["true"], some))
            #expect(try Self.isAllowed("Allow", name, ["false"], some))
            #expect(try Self.isAllowed("Allow", name, ["true", "false"], some))
            #expect(try !Self.isAllowed("Allow", name, ["yes"], some))
        }
    }

    // MARK: Asking

    /// In an Allow, and in a Deny.
    private func expect(_ name: String, _ row: Row, _ values: ConditionValues, holds: Bool) throws {
        #expect(try Self.isAllowed("Allow", name, row.listed, values) == holds, "Allow \(name) \(values)")
        #expect(try Self.isAllowed("Deny", name, row.listed, values) == !holds, "Deny \(name) \(values)")
    }

    /// Whether a request is allowed by one Allow with the condition; or, for a Deny, by everything being allowed but
    /// for one Deny with it.
    static func isAllowed(
        _ effect: String, _ name: String, _ listed: [String], _ values: ConditionValues
    ) throws -> Bool {
        let statement = """
            {"Effect": "\(effect)", "Action": "*", "Resource": "*",
             "Condition": {"\(name)": {"aws:RequestTag/t": \(listed)}}}
            """
        let everything = #", {"Effect": "Allow", "Action": "*", "Resource": "*"}"#
        let policy = try CompiledPolicy.identity(effect == "Deny" ? statement + everything : statement)
        return Decision.byIdentity(policy, request: ["aws:RequestTag/t": values]).isAllowed
    }
}

/// The forms in which values may be written.
@Suite struct `A condition's value` {
    private func holds(_ name: String, _ listed: String, _ value: String) throws -> Bool {
        try `A condition operator`.isAllowed("Allow", name, [listed], .one(value))
    }

    @Test(arguments: [
        ("1970", 0.0), ("1970-01", 0), ("1970-01-01", 0), ("0000-03-01", -62_162_035_200),
        ("2000-02-29", 951_782_400), ("1900-03-01", -2_203_891_200), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ("2024-01-01T00:00Z", 1_704_067_200), ("2024-01-01T00:00:00.25Z", 1_704_067_200.25),
        ("2024-01-01T00:00:00-08:00", 1_704_096_000), ("2024-01-01T05:30+05:30", 1_704_067_200),
        ("2016-12-31T23:59:60Z", 1_483_228_800), ("1704067200", 1_704_067_200), ("1704067200.5", 1_704_067_200.5),
        ("-1", -1), ("20240101", 20_240_101),
    ])
    func `is a moment`(text: String, seconds: Double) throws {
        #expect(try holds("DateEquals", text, "\(seconds)"))
        #expect(try !holds("DateEquals", text, "\(seconds + 1)"))
    }

    @Test(arguments: [
        "", "x", "2024-13", "2024-00", "2024-1", "2023-02-29", "2024-02-30", "2024-04-31", "2024-01-01T",
        "2024-01-01 00:00Z",
        "2024-01-01T00:00", "2024-01-01T24:00Z", "2024-01-01T00:60Z", "2024-01-01T00:00:61Z", "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00+1", "2024-01-01T00:00:00Zx", "2024-01-01t00:00:00z", "*", "2024-*", "0x10", "infinity",
    ])
    func `is no moment`(text: String) throws {
        for base in ["DateEquals", "DateLessThanEquals", "DateGreaterThanEquals"] {
            for value in ["0", "1704067200", text] { #expect(try !holds(base, text, value)) }
        }
        #expect(try holds("DateNotEquals", text, "0"))
    }

    @Test(arguments: [
        ("0.0.0.0/0", "255.255.255.255"), ("10.1.2.3/8", "10.255.0.0"), ("10.0.0.0/31", "10.0.0.1"),
        ("::/0", "fe80::1"), ("2001:db8::/33", "2001:db8:7fff::"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1::8", "1:0:0:0:0:0:0:8"), ("::", "0:0:0:0:0:0:0:0"), ("::1:2", "0::1:2"), ("1::", "1:0::"),
        ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"), ("::ffff:10.0.0.0/104", "10.9.8.7"),
        ("10.0.0.0/8", "::ffff:a09:807"),
    ])
    func `is a range that has an address`(range: String, address: String) throws {
        #expect(try holds("IpAddress", range, address))
        #expect(try !holds("NotIpAddress", range, address))
    }

    @Test(arguments: [
        ("0.0.0.0/0", "::1"), ("::/0", "10.0.0.1"), ("10.0.0.0/31", "10.0.0.2"), ("2001:db8::/33", "2001:db8:8000::"),
        ("10.0.0.0/33", "10.0.0.0"), ("::/129", "::"), ("10.0.0.0/", "10.0.0.0"), ("10.0.0.0/-1", "10.0.0.0"),
        ("10.0.0.0/8/8", "10.0.0.0"), ("10.0.0/8", "10.0.0.0"), ("10.0.0.0.0", "10.0.0.0"), ("010.0.0.1", "8.0.0.1"),
        ("010.0.0.1", "10.0.0.1"), ("256.0.0.1", "0.0.0.1"), ("10..0.1", "10.0.0.1"), ("*", "10.0.0.1"),
        ("10.0.0.*", "10.0.0.1"), ("1:2:3:4:5:6:7", "1:2:3:4:5:6:7:0"), ("1::2::3", "1::3"), (":::", "::"),
        ("12345::", "2345::"), ("1:2:3:4:5:6:7::8", "1:2:3:4:5:6:7:8"), ("-0::", "::"), ("fe80::1%eth0", "fe80::1"),
        ("::10.0.0.1:1", "::1"), ("1.2.3.4::", "::"), ("10.0.0.0/8", "10.0.0.0.0"), ("10.0.0.0/8", " 10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1/8"),
    ])
    func `is no range, or one without an address`(range: String, address: String) throws {
        #expect(try !holds("IpAddress", range, address))
        #expect(try holds("NotIpAddress", range, address))
    }

    @Test(arguments: [("", ""), ("Zg==", "Zg=="), ("Zm8=", "Zm8="), ("+/+/", "+/+/")])
    func `is binary`(one: String, other: String) throws {
        #expect(try holds("BinaryEquals", one, other))
    }

    @Test(arguments: ["Zg", "Zg=", "Zh==", "Z===", "====", "Zg==Zg==", "Z g=", "Zm9-"])
    func `is not binary`(text: String) throws {
        #expect(try !holds("BinaryEquals", text, text))
    }

    @Test func `is bytes, whatever it looks like`() throws {
        // One character, and a letter with an accent.
        #expect(try !holds("StringEquals", "\u{E9}", "e\u{301}"))
        #expect(try !holds("StringLike", "\u{E9}*", "e\u{301}"))
        #expect(try holds("StringEquals", "\u{E9}", "\u{E9}"))
    }

    @Test(arguments: [
        ("*", ""), ("*", "arn"), ("**", ""), ("a*", "a"), ("*a", "ba"), ("a*b*c", "axxbyybzc"), ("*?", "é"),
        ("??", "é😀"),
        ("a**b", "ab"), ("*.*", "a.b.c"), ("*ab", "aab"), ("*a?c", "abcabc"), ("a?*", "ab"), ("", ""),
    ])
    func `is a pattern that fits`(pattern: String, text: String) throws {
        #expect(try holds("StringLike", pattern, text))
    }

    @Test(arguments: [
        ("?", ""), ("?", "ab"), ("??", "é"), ("*??", "é"), ("*??y", "éy"), ("a*", "ba"), ("*a", "ab"),
        ("a*b*c", "axxcyyb"),
        ("", "a"), ("a?c", "ac"), ("A", "a"), ("[a]", "a"), ("a.c", "abc"), ("*b*b", "ab"),
    ])
    func `is a pattern that does not fit`(pattern: String, text: String) throws {
        #expect(try !holds("StringLike", pattern, text))
    }

    @Test func `made of nothing but wildcards is done with in time`() throws {
        let text = String(repeating: "a", count: 8_192)
        for unit in ["*", "*a", "*?", "?*a*"] {
            let pattern = String(repeating: unit, count: 32_000 / unit.count)
            #expect(try !holds("StringLike", pattern + "b", text))
        }
        #expect(try holds("StringLike", String(repeating: "*", count: 32_000), text))
        #expect(
            try !holds("ArnLike", "arn:aws:s3:::" + String(repeating: "*a", count: 8_000) + "b", "arn:aws:s3:::" + text)
        )
    }
}
