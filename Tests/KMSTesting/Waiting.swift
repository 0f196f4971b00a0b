package import Testing

/// Waits until `condition` holds; fails the test when it does not within `seconds`.
package func waitUntil(
    _ what: Comment, seconds: Double = 10, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("not within \(seconds) s: \(what)", sourceLocation: sourceLocation)
}
