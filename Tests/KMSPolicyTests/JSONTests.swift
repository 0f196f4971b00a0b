import KMSPolicy
import KMSTesting
import Testing

/// A text that is not JSON, or JSON that means two things.
@Suite struct `Text that is not JSON` {
    struct Fault: Sendable, CustomTestStringConvertible {
        let text: String
        let message: String
        let line: Int
        let column: Int

        init(_ text: String, _ message: String, _ line: Int, _ column: Int) {
            self.text = text
            self.message = message
            self.line = line
            self.column = column
        }

        var testDescription: String { String(text.prefix(60)) }
    }

    static let faults = [
        Fault("", "the text ends where a value was expected", 1, 1),
        Fault(" \n\t ", "the text ends", 2, 3),
        Fault("policy", "a value was expected", 1, 1),
        Fault("{", "a name in double quotes was expected", 1, 2),
        Fault(#"{"a""#, "a colon was expected", 1, 5),
        Fault(#"{"a":1"#, "a comma or the object's end", 1, 7),
        Fault(#"{"a":1,}"#, "a name in double quotes", 1, 8),
        Fault(#"{a:1}"#, "a name in double quotes", 1, 2),
        Fault("{'a':1}", "a name in double quotes", 1, 2),
        Fault("[1,]", "a value was expected", 1, 4),
        Fault("[1 2]", "a comma or the array's end", 1, 4),
        Fault("[1", "a comma or the array's end", 1, 3),
        Fault("{} {}", "something follows the end", 1, 4),
        Fault("{}\u{0}", "U+0", 1, 3),
        Fault("\u{FEFF}{}", "U+FEFF", 1, 1),
        Fault("// policy\n{}", "a value was expected", 1, 1),
        Fault("[tru]", "a value was expected", 1, 2),
        Fault("[True]", "a value was expected", 1, 2),
        Fault("[NaN]", "a value was expected", 1, 2),
        Fault("[nul", "a value was expected", 1, 2),
        Fault("[01]", "leading zero", 1, 4),
        Fault("[+1]", "a value was expected", 1, 2),
        Fault("[-]", "a digit was expected", 1, 3),
        Fault("[.5]", "a value was expected", 1, 2),
        Fault("[5.]", "a digit was expected", 1, 4),
        Fault("[1e]", "a digit was expected", 1, 4),
        Fault("[0x1]", "a comma or the array's end", 1, 3),
        Fault(#"["abc"#, "has no end", 1, 2),
        Fault(#"["abc\"]"#, "has no end", 1, 2),
        Fault(#"["abc\"#, "ends in an escape", 1, 7),
        Fault("[\"a\nb\"]", "a control character", 1, 4),
        Fault("[\"a\tb\"]", "a control character", 1, 4),
        Fault(#"["\x41"]"#, "an unknown escape", 1, 3),
        Fault(#"["\u12"]"#, "four hexadecimal digits", 1, 3),
        Fault(#"["\u12G4"]"#, "four hexadecimal digits", 1, 3),
        Fault(#"["\uD83D"]"#, "half a surrogate pair", 1, 3),
        Fault(#"["\uD83Dx"]"#, "half a surrogate pair", 1, 3),
        Fault(#"["\uD83D\n"]"#, "half a surrogate pair", 1, 3),
        Fault(#"["\uD83D\u0041"]"#, "half a surrogate pair", 1, 3),
        Fault(#"["\uDE00"]"#, "half a surrogate pair", 1, 3),
        Fault(#"["\uDE00\uD83D"]"#, "half a surrogate pair", 1, 3),
        Fault(#"{"Id":"a","Id":"b"}"#, #"the name "Id" occurs twice"#, 1, 11),
        Fault(#"{"Id":"a","\u0049d":"b"}"#, #"the name "Id" occurs twice"#, 1, 11),
        Fault("{\"é\": 1,\n \"ü\": 2, \"ü\": 3}", #"the name "ü" occurs twice"#, 2, 10),
    ]

    @Test(arguments: faults) func `is refused at its place`(fault: Fault) throws {
        let error = try #require(throws: PolicyError.self) {
            try PolicyDocument(parsing: fault.text, as: .identity)
        }
        #expect(error.message.contains(fault.message))
        #expect(error.place.line == fault.line)
        #expect(error.place.column == fault.column)
    }

    @Test func `is told with the way to it`() throws {
        let text = #"{"Statement": [{"Effect": "Allow"}, {"Condition": {"Bool": {"a:b": [true, tru]}}}]}"#
        let error = try #require(throws: PolicyError.self) { try PolicyDocument(parsing: text, as: .key) }
        #expect(error.place.path == "Statement[1].Condition.Bool.a:b[1]")
        #expect(error.description == "not JSON: a value was expected (line 1, column 75, \(error.place.path))")
    }

    @Test(arguments: [("[", "]"), (#"{"a":"#, "}")])
    func `nested more deeply than any policy is refused before it can exhaust the stack`(
        open: String, close: String
    ) throws {
        for depth in [17, 100_000] {
            let text = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            let error = try #require(throws: PolicyError.self) { try PolicyDocument(parsing: text, as: .key) }
            #expect(error.message == "not JSON: nested more than 16 deep")
        }
    }

    @Test func `is cut short in a message that quotes it`() throws {
        let name = String(repeating: "x", count: 30_000)
        let error = try #require(throws: PolicyError.self) {
            try PolicyDocument(parsing: "{\"Statement\": {\"\(name)\\u0000\": 1}}", as: .key)
        }
        #expect(error.description.count < 600)
    }
}

@Suite struct `Text that is JSON` {
    @Test func `means what its escapes say`() throws {
        let text = #"{"Id": "a\"\\\/\b\f\n\r\t\u00e9\u20AC\uD83D\uDE00", "Statement": [\#(anyStatement)]}"#
        let policy = try PolicyDocument(parsing: text, as: .identity)
        #expect(policy.id == "a\"\\/\u{8}\u{C}\n\r\té€😀")
    }

    @Test func `may have names that only look alike`() throws {
        // Once as one character, once as a letter with an accent.
        let text = """
            {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals":
              {"aws:RequestTag/caf\\u00e9": "1", "aws:RequestTag/cafe\\u0301": "2"}}}}
            """
        #expect(try PolicyDocument(parsing: text, as: .identity).statements[0].conditions.count == 2)
    }

    @Test func `gives numbers and bools as they were written`() throws {
        let text = """
            {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"NumericEquals":
              {"aws:MultiFactorAuthAge": [0, -0.50, 1e3, 12345678901234567890, true, false, "x"]}}}}
            """
        let values = try PolicyDocument(parsing: text, as: .identity).statements[0].conditions[0].values
        #expect(values == ["0", "-0.50", "1e3", "12345678901234567890", "true", "false", "x"])
    }

    private let anyStatement = #"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#
}

@Suite struct `A text with random faults` {
    private static let policy = """
        {"Version": "2012-10-17", "Id": "a", "Statement": [
          {"Sid": "A", "Effect": "Allow", "Principal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:user/a"]},
           "Action": ["kms:*", "kms:De?rypt"], "Resource": "arn:aws:kms:*:*:key/${aws:PrincipalTag/x, 'y'}",
           "Condition": {"ForAnyValue:StringLikeIfExists": {"kms:EncryptionContext:\\u00e9": ["a*", true, -1.5e3]}}},
          {"Effect": "Deny", "NotPrincipal": "*", "NotAction": [], "NotResource": "*"}]}
        """

    @Test(arguments: 1...8) func `is a policy or refused within its bounds`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let lines = Self.policy.split(separator: "\n").count
        for _ in 0..<2_000 {
            var bytes = Array(Self.policy.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = bytes.indices.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert("{}[]\",:\\0*$".utf8.randomElement(using: &random) ?? 0, at: place)
                default: bytes.removeSubrange(place..<min(place + 20, bytes.count))
                }
            }
            for kind in [PolicyDocument.Kind.key, .identity, .trust] {
                do {
                    let document = try PolicyDocument(parsing: String(decoding: bytes, as: UTF8.self), as: kind)
                    _ = Decision.onKey(CompiledPolicy(document, source: .keyPolicy), by: .user("a"))
                } catch {
                    #expect(1...lines + 4 ~= error.place.line && 1...bytes.count + 1 ~= error.place.column)
                }
            }
        }
    }
}

@Suite struct `A policy's characters` {
    private func refusal(of character: String, as kind: PolicyDocument.Kind) -> PolicyError? {
        let elements =
            kind == .identity ? #""Action": "*", "Resource": "*""# : #""Action": "*", "Principal": "*""#
        let text = "{\"Id\":\n\"a\(character)\", \"Statement\": {\"Effect\": \"Allow\", \(elements)}}"
        do {
            _ = try PolicyDocument(parsing: text, as: kind)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: ["\u{100}", "€", "😀"]) func `end with Latin-1`(character: String) {
        for kind in [PolicyDocument.Kind.key, .identity, .trust] {
            #expect(refusal(of: character, as: kind)?.place == PolicyPlace(path: "", line: 2, column: 3))
        }
    }

    @Test func `are fewer for KMS than for IAM`() {
        #expect(refusal(of: "\u{7F}", as: .key)?.message.contains("U+7F") == true)
        #expect(refusal(of: "\u{9F}", as: .key)?.message.contains("U+9F") == true)
        #expect(refusal(of: "\u{9F}", as: .identity) == nil)
        #expect(refusal(of: "\u{9F}", as: .trust) == nil)
    }

    @Test(arguments: ["~", "\u{A0}", "ÿ"]) func `may be any of Latin-1 that print`(character: String) {
        for kind in [PolicyDocument.Kind.key, .identity, .trust] { #expect(refusal(of: character, as: kind) == nil) }
    }
}
