import Synchronization

/// Counts the encryptions of one key material without a database round trip each.
///
/// The count is reserved in the store in blocks before it is used, so a crash counts too many and never too few. That
/// keeps the number of random IVs under one key below the bound of NIST SP 800-38D §8.3.
final class EncryptionBudget: Sendable {
    /// How many encryptions one reservation covers. A crash wastes at most this many of 2^32.
    static let block: UInt64 = 1 << 16

    private let used: Atomic<UInt64>
    private let reserved: Atomic<UInt64>
    private let maximum: UInt64

    init(reserved: UInt64, used: UInt64, maximum: UInt64) {
        self.reserved = Atomic(reserved)
        self.used = Atomic(used)
        self.maximum = maximum
    }

    enum Verdict: Equatable {
        case covered
        /// Covered, and half of the block is gone: reserve the next one meanwhile.
        case coveredReserveAhead
        /// Wait for a reservation of at least this many.
        case needs(UInt64)
        case exhausted
    }

    /// Accounts for one encryption.
    func spend() -> Verdict {
        let count = used.add(1, ordering: .relaxed).newValue
        guard count <= maximum else { return .exhausted }
        let covered = reserved.load(ordering: .acquiring)
        guard count <= covered else { return .needs(count) }
        return covered - count == Self.block / 2 ? .coveredReserveAhead : .covered
    }

    /// The total to reserve next, or nil when `count` is covered already.
    func nextReservation(covering count: UInt64) -> UInt64? {
        let covered = reserved.load(ordering: .acquiring)
        guard covered < count else { return nil }
        return min(max(count, covered) + Self.block, maximum)
    }

    /// A reservation is in the store.
    func didReserve(_ total: UInt64) {
        reserved.store(total, ordering: .releasing)
    }

    /// Whether it is time for new material: fifteen sixteenths are gone, so there is time left to make it.
    var isNearlySpent: Bool { spent >= maximum - maximum / 16 }

    /// How many were made, for an orderly end.
    var spent: UInt64 { min(used.load(ordering: .relaxed), maximum) }

    var covered: UInt64 { reserved.load(ordering: .acquiring) }
}
