/// What a worker tells of itself in its answer to `checkHealth`, for metrics. Counts are since its start.
package struct WorkerStatus: Codable, Hashable, Sendable {
    /// Sessions that are open, the anchor among them.
    package var sessions = 0
    /// Session copies of keys.
    package var copies = 0
    /// Keys that are resolved.
    package var keys = 0
    /// How often C_Login was called.
    package var logins = 0
    /// How often a rung of the repair ladder was taken within the worker: `session`, `login`, `object`.
    package var repairs: [String: Int] = [:]
    /// How often a function returned something other than OK, by its name and the value's.
    package var returnValues: [String: Int] = [:]

    package init() {}
}
