import Synchronization

/// Counts requests against their quotas: a token bucket for each account, Region and quota, with room for a second's
/// worth.
///
/// It holds a few hundred bytes for every account and Region that ever made a request. Both are few: accounts are the
/// server's own, and Regions are configured.
package final class RequestQuotas: Sendable {
    private let limits: QuotaLimits
    private let clock: any KMSClock
    /// What times are counted from, so that they are small numbers.
    private let start: Timestamp
    private let buckets = Mutex<[Scope: QuotaBuckets]>([:])
    private let keyStoreBuckets = Mutex<[CustomKeyStoreID: Int64]>([:])

    package init(_ limits: QuotaLimits, clock: any KMSClock) {
        self.limits = limits
        self.clock = clock
        start = clock.now
    }

    /// Counts a request. Throws `throttled` if its quota is used up: it is then not counted.
    ///
    /// - Parameters:
    ///   - spec: The spec of the key that a cryptographic operation uses, or of GenerateDataKeyPair the spec of the
    ///     pair; nil where there is none.
    ///   - account: The caller's, whosever the key is.
    package func spend(
        _ action: KMSAction, spec: KeySpec?, account: AccountID, region: Region
    ) throws(KMSError) {
        let place = RequestQuota.place(for: action, with: spec)
        let rate = limits.rates[place]
        guard rate > 0 else { return }
        let scope = Scope(account: account, region: region)
        guard buckets(of: scope).take(from: place, refilledAt: Int64(rate), now: elapsed()) else {
            throw KMSError(
                .throttled, "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
                cause:
                    "the account \(account) has used up its request quota \(RequestQuota.all[place].name) of \(rate) "
                    + "a second in \(region)"
            )
        }
    }

    /// Counts a cryptographic operation with a key of a custom key store, beside what it counts for its caller. Throws
    /// `throttled` if the key store's quota is used up.
    func spend(in keyStore: CustomKeyStoreID) throws(KMSError) {
        let rate = limits.rates[RequestQuota.customKeyStorePlace]
        guard rate > 0 else { return }
        let now = elapsed()
        let isThere = keyStoreBuckets.withLock { buckets in
            var bucket = buckets[keyStore] ?? RateBucket.full
            defer { buckets[keyStore] = bucket }
            return RateBucket.take(from: &bucket, refilledAt: Int64(rate), now: now)
        }
        guard isThere else {
            throw KMSError(
                .throttled, "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
                cause: "the custom key store \(keyStore) has used up its request quota of \(rate) a second")
        }
    }

    private func buckets(of scope: Scope) -> QuotaBuckets {
        buckets.withLock { buckets in
            if let known = buckets[scope] { return known }
            let new = QuotaBuckets()
            buckets[scope] = new
            return new
        }
    }

    /// Milliseconds since the start, kept to a hundred years before and after it so that nothing overflows.
    private func elapsed() -> Int64 {
        let (elapsed, isTooLarge) = clock.now.milliseconds.subtractingReportingOverflow(start.milliseconds)
        guard !isTooLarge else { return 0 }
        return min(max(elapsed, -(1 << 42)), 1 << 42)
    }
}

/// The buckets of one account in one Region.
private final class QuotaBuckets: Sendable {
    /// In the order of ``RequestQuota/all``.
    private let fullAgain = Mutex<[Int64]>(
        Array(repeating: RateBucket.full, count: RequestQuota.all.count))

    /// Takes a token, or none if there is none.
    func take(from place: Int, refilledAt rate: Int64, now milliseconds: Int64) -> Bool {
        fullAgain.withLock { RateBucket.take(from: &$0[place], refilledAt: rate, now: milliseconds) }
    }
}
