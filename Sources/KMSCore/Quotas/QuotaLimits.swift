/// How many requests an account may make in a Region each second, by quota.
package struct QuotaLimits: Sendable, Equatable {
    /// One quota's limit.
    package enum Rate: Sendable, Equatable {
        case perSecond(Int)
        case unlimited
    }

    /// Beyond it a limit is as good as none, and calculations with it might overflow.
    package static let maximumRate = 1_000_000

    /// Requests a second, in the order of ``RequestQuota/all``; zero is without limit.
    let rates: [Int]

    /// AWS's defaults: see ``RequestQuota``.
    package init() {
        rates = RequestQuota.all.map(\.defaultRate)
    }

    private init(rates: [Int]) {
        self.rates = rates
    }

    package static let unlimited = QuotaLimits(rates: RequestQuota.all.map { _ in 0 })

    /// The names that ``overriding(_:)`` takes.
    package static var names: [String] { RequestQuota.all.map(\.name) }

    /// These limits, but for those of the quotas that are named: `["symmetric": .perSecond(20_000)]`. Throws
    /// `validation` for a name or rate that makes no sense.
    package func overriding(_ overrides: [String: Rate]) throws(KMSError) -> QuotaLimits {
        var changed = rates
        for (name, rate) in overrides.sorted(by: { $0.key < $1.key }) {
            guard let place = RequestQuota.place(named: name) else {
                throw KMSError(
                    .validation,
                    "There is no request quota \(name.debugDescription). Use one of "
                        + "\(Self.names.joined(separator: ", "))."
                )
            }
            switch rate {
            case .unlimited:
                changed[place] = 0
            case .perSecond(let rate) where (1...Self.maximumRate).contains(rate):
                changed[place] = rate
            case .perSecond(let rate):
                throw KMSError(
                    .validation,
                    "The request quota \(name) cannot be \(rate): give from 1 to \(Self.maximumRate) requests a "
                        + "second, or unlimited."
                )
            }
        }
        return QuotaLimits(rates: changed)
    }
}
