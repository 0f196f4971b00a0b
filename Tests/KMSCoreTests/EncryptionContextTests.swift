import KMSCore
import Testing

@Suite struct `An encryption context` {
    @Test func `has the canonical bytes of the specification`() throws {
        let context = try EncryptionContext(["b": "", "a": "xy"])
        #expect(
            context.canonicalBytes == [0, 0, 0, 1, 97, 0, 0, 0, 2, 120, 121, 0, 0, 0, 1, 98, 0, 0, 0, 0],
            "sorted, and each text behind its length"
        )
        #expect(EncryptionContext.empty.canonicalBytes == [])
        #expect(try EncryptionContext([:]).canonicalBytes == [])
    }

    @Test func `has the same bytes in whatever order its pairs came`() throws {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<200 {
            let pairs = randomPairs(&generator).map { ($0.key, $0.value) }
            let one = Dictionary(uniqueKeysWithValues: pairs.shuffled(using: &generator))
            var other: [String: String] = [:]
            // Another history of the table gives another order of iteration.
            for index in 0..<100 { other["gone \(index)"] = "" }
            for (key, value) in pairs.shuffled(using: &generator) { other[key] = value }
            for index in 0..<100 { other["gone \(index)"] = nil }
            #expect(try EncryptionContext(one).canonicalBytes == EncryptionContext(other).canonicalBytes)
        }
    }

    @Test func `sorts by bytes, not by any language's alphabet`() throws {
        let context = try EncryptionContext(["é": "1", "z": "2", "Z": "3", "": "4", "zz": "5"])
        let keys = ["", "Z", "z", "zz", "é"]
        var expected: [UInt8] = []
        for (key, value) in zip(keys, ["4", "3", "2", "5", "1"]) {
            for text in [key, value] { expected += UInt32(text.utf8.count).bigEndianBytes + text.utf8 }
        }
        #expect(context.canonicalBytes == expected)
    }

    @Test func `never has the bytes of a different one`() throws {
        var generator = SplitMix64(seed: 2)
        var seen: [[UInt8]: [String: String]] = [:]
        for _ in 0..<20_000 {
            let pairs = randomPairs(&generator)
            let bytes = try EncryptionContext(pairs).canonicalBytes
            if let earlier = seen.updateValue(pairs, forKey: bytes) {
                #expect(earlier == pairs, "with the same bytes, a ciphertext of one would open for the other")
            }
        }
        #expect(seen.count > 2000, "enough different ones were drawn")
    }

    @Test func `is told from what its neighbours' letters could spell`() throws {
        let lookalikes: [[String: String]] = [
            [:], ["": ""], ["a": ""], ["": "a"], ["a": "b"], ["ab": ""], ["": "ab"], ["a": "b", "": ""],
            ["a": "", "b": ""], ["a\u{0}\u{0}\u{0}\u{1}b": ""], ["a": "\u{0}\u{0}\u{0}\u{1}b"],
        ]
        let bytes = try lookalikes.map { try EncryptionContext($0).canonicalBytes }
        #expect(Set(bytes).count == lookalikes.count)
    }

    @Test func `may have 8,192 bytes in all, keys and values together`() async throws {
        let just = try EncryptionContext(["k": String(repeating: "v", count: 8190), "l": ""])
        #expect(just.canonicalBytes.count == 8192 + 16)
        await expect(.validation) { _ = try EncryptionContext(["k": String(repeating: "v", count: 8191), "l": ""]) }
        await expect(.validation) { _ = try EncryptionContext(["é": String(repeating: "é", count: 4096)]) }
    }

    /// Few, short texts of few letters, so that near misses are drawn often.
    private func randomPairs(_ generator: inout SplitMix64) -> [String: String] {
        let letters = ["a", "b", "\u{0}", "\u{1}", "\u{2}"]
        func text() -> String {
            (0..<Int.random(in: 0...2, using: &generator)).map { _ in letters.randomElement(using: &generator)! }
                .joined()
        }
        var pairs: [String: String] = [:]
        for _ in 0..<Int.random(in: 0...3, using: &generator) { pairs[text()] = text() }
        return pairs
    }
}
