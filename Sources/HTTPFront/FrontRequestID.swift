import Synchronization

/// A request's name in the response, in the log and in support tickets: a UUID (version 4 in form).
///
/// Nobody has to be unable to guess it, so it comes from a counter: a bijection of it, from a random beginning, repeats
/// no sooner than the counter does, and takes no system call.
package struct FrontRequestID: Sendable, CustomStringConvertible {
    private static let counter = Atomic<UInt64>(.random(in: .min ... .max))
    private static let process = UInt64.random(in: .min ... .max)

    private let high: UInt64
    private let low: UInt64

    package init() {
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        high = Self.mixed(number ^ Self.process) & 0xffff_ffff_ffff_0fff | 0x4000
        low = Self.mixed(number) & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    }

    /// The finalizer of SplitMix64: a bijection in which every bit of the input moves every bit of the output.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    package var description: String {
        unsafe String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    unsafe text[position] = UInt8(ascii: "-")
                    position += 1
                }
                let half = digit < 16 ? high : low
                let value = UInt8(truncatingIfNeeded: half >> (60 - UInt64(digit & 15) * 4)) & 15
                unsafe text[position] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
                position += 1
            }
            return position
        }
    }
}
