/// AES-256 (FIPS 197) and its CBC mode (NIST SP 800-38A), written from the standards, to compare tokens with: it shares
/// nothing with what it checks. Not for secrets, because its tables tell of them by their timing.
package struct ReferenceAES {
    private static let rounds = 14

    /// A round of a column by table look-up, as the cipher's authors propose.
    private struct Tables {
        /// The S-box, or its inverse.
        let box: [UInt8]
        /// What a byte of the first row becomes by S-box and mixing; of the other rows it is this, turned.
        let mixed: [UInt32]

        init(_ box: [UInt8], factors: [UInt8]) {
            self.box = box
            mixed = box.map { value in factors.reduce(0) { $0 << 8 | UInt32(ReferenceAES.multiply(value, $1)) } }
        }

        /// Substitutes, shifts by `step` columns a row, and mixes.
        func round(_ state: [UInt32], _ step: Int, _ key: ArraySlice<UInt32>) -> [UInt32] {
            (0..<4).map { column in
                var word = key[key.startIndex + column]
                for row in 0..<4 {
                    let byte = state[(column + row * step) & 3] >> UInt32(24 - 8 * row) & 0xff
                    let mixed = mixed[Int(byte)]
                    word ^= mixed >> UInt32(8 * row) | mixed << UInt32(32 - 8 * row)
                }
                return word
            }
        }

        /// The last round, which does not mix.
        func lastRound(_ state: [UInt32], _ step: Int, _ key: ArraySlice<UInt32>) -> [UInt32] {
            (0..<4).map { column in
                (0..<4).reduce(UInt32(0)) { word, row in
                    let byte = state[(column + row * step) & 3] >> UInt32(24 - 8 * row) & 0xff
                    return word << 8 | UInt32(box[Int(byte)])
                } ^ key[key.startIndex + column]
            }
        }
    }

    private static let sBox: [UInt8] = (0..<256).map { value in
        // The inverse in GF(2^8), then the affine map (FIPS 197, section 5.1.1).
        let inverse = (0..<256).first { multiply(UInt8(value), UInt8($0)) == 1 }.map { UInt8($0) } ?? 0
        return (0..<5).reduce(UInt8(0x63)) { $0 ^ inverse << $1 ^ inverse >> (8 - $1) }
    }
    private static let encryption = Tables(sBox, factors: [2, 1, 1, 3])
    private static let decryption: Tables = {
        var inverse = [UInt8](repeating: 0, count: 256)
        for (value, image) in sBox.enumerated() { inverse[Int(image)] = UInt8(value) }
        return Tables(inverse, factors: [14, 9, 13, 11])
    }()

    private static func multiply(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var (a, product) = (a, UInt8(0))
        for bit in 0..<8 {
            if b >> bit & 1 == 1 { product ^= a }
            a = a << 1 ^ (a >> 7 == 1 ? 0x1b : 0)
        }
        return product
    }

    private let schedule: [UInt32]
    /// Of the equivalent inverse cipher (section 5.3.5): mixed, but for the first and the last.
    private let inverseSchedule: [UInt32]

    package init(key: [UInt8]) {
        precondition(key.count == 32, "AES-256")
        var words = Self.words(key)
        var constant: UInt8 = 1
        for index in 8..<(4 * (Self.rounds + 1)) {
            var word = words[index - 1]
            if index % 8 == 0 {
                word = Self.substitute(word << 8 | word >> 24) ^ UInt32(constant) << 24
                constant = Self.multiply(constant, 2)
            } else if index % 8 == 4 {
                word = Self.substitute(word)
            }
            words.append(words[index - 8] ^ word)
        }
        schedule = words
        let last = 4 * Self.rounds
        inverseSchedule = words.enumerated().map { index, word in
            guard index >= 4, index < last else { return word }
            let none = [UInt32](repeating: 0, count: 4)
            let substituted = [UInt32](repeating: Self.substitute(word), count: 4)
            return Self.decryption.round(substituted, 0, none[...])[0]
        }
    }

    private static func substitute(_ word: UInt32) -> UInt32 {
        (0..<4).reduce(0) { $0 << 8 | UInt32(sBox[Int(word >> UInt32(24 - 8 * $1) & 0xff)]) }
    }

    private static func words(_ bytes: some Collection<UInt8>) -> [UInt32] {
        let bytes = Array(bytes)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            bytes[start..<(start + 4)].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    private func encrypt(_ block: [UInt32]) -> [UInt32] {
        var state = zip(block, schedule).map { $0 ^ $1 }
        for round in 1..<Self.rounds { state = Self.encryption.round(state, 1, schedule[(4 * round)...]) }
        return Self.encryption.lastRound(state, 1, schedule[(4 * Self.rounds)...])
    }

    private func decrypt(_ block: [UInt32]) -> [UInt32] {
        var state = zip(block, schedule[(4 * Self.rounds)...]).map { $0 ^ $1 }
        for round in stride(from: Self.rounds - 1, to: 0, by: -1) {
            state = Self.decryption.round(state, 3, inverseSchedule[(4 * round)...])
        }
        return Self.decryption.lastRound(state, 3, schedule[...])
    }

    private static func bytes(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } }
    }

    /// Encrypts whole blocks.
    package func encryptCBC(_ input: [UInt8], iv: [UInt8]) -> [UInt8] {
        var (output, last) = ([UInt8](), Self.words(iv))
        for start in stride(from: 0, to: input.count, by: 16) {
            last = encrypt(zip(Self.words(input[start..<(start + 16)]), last).map { $0 ^ $1 })
            output += Self.bytes(last)
        }
        return output
    }

    /// Decrypts whole blocks.
    package func decryptCBC(_ input: [UInt8], iv: [UInt8]) -> [UInt8] {
        var (output, last) = ([UInt8](), Self.words(iv))
        for start in stride(from: 0, to: input.count, by: 16) {
            let block = Self.words(input[start..<(start + 16)])
            output += Self.bytes(zip(decrypt(block), last).map { $0 ^ $1 })
            last = block
        }
        return output
    }
}
