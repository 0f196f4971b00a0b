/// A token bucket with room for a second's worth.
///
/// A bucket is one number: when it is full again. It is counted in thousandths of a token, of which every millisecond
/// brings as many as the quota allows requests a second; so all numbers are whole. This is the generic cell rate
/// algorithm (ITU-T I.371, annex A), with a tolerance of a second.
package enum RateBucket {
    /// A bucket that nothing was taken from.
    package static let full: Int64 = -(1 << 62)

    private static let token: Int64 = 1000

    /// Takes a token, or none if there is none.
    package static func take(
        from bucket: inout Int64, refilledAt rate: Int64, now milliseconds: Int64
    ) -> Bool {
        let now = milliseconds * rate
        let second = Self.token * rate
        var full = max(bucket, now)
        // A bucket is full in a second, however empty it is, unless the clock has gone back: it then counts as
        // empty now, and not until the clock is where it was. By up to a second more, requests that looked at the
        // clock at about the same time may come one before the other.
        if full > now + 2 * second { full = now + second }
        let isThere = full + Self.token <= now + second
        bucket = isThere ? full + Self.token : full
        return isThere
    }
}
