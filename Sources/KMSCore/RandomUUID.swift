import Glibc
import Synchronization

extension String {
    /// A random UUID (RFC 9562, version 4).
    package static func randomUUID() -> String {
        var (high, low) = RandomWords.pair()
        high = high & 0xffff_ffff_ffff_0fff | 0x4000
        low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        // Every record of the audit log has one: hence no detours.
        return unsafe String(unsafeUninitializedCapacity: 36) { text in
            var place = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    unsafe text[place] = UInt8(ascii: "-")
                    place += 1
                }
                let word = index < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - index % 16 * 4)) & 15
                unsafe text[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                place += 1
            }
            return place
        }
    }
}

/// Words of the system's generator, fetched some at a time: a system call for each took longer than all else of a UUID.
private enum RandomWords {
    private static let words = Mutex<[UInt64]>([])

    static func pair() -> (UInt64, UInt64) {
        words.withLock { words in
            if words.count < 2 { words = fetch() }
            return (words.removeLast(), words.removeLast())
        }
    }

    private static func fetch() -> [UInt64] {
        var words = [UInt64](repeating: 0, count: 32)
        // As many as one call gives (getentropy(3)).
        let failure = unsafe words.withUnsafeMutableBytes { unsafe getentropy($0.baseAddress!, $0.count) }
        precondition(failure == 0, "the system has random bytes")
        return words
    }
}
