package import Hummingbird
import NIOCore
import Synchronization

/// How many bytes of request bodies may be held at a time, over all connections.
///
/// A body is held whole before its sender is known, because the signature covers it. Without this, all connections
/// together could fill memory with bodies that are never finished.
package final class BodyBudget: Sendable {
    private let held = Atomic(0)
    private let limit: Int

    package init(limit: Int) {
        self.limit = limit
    }

    fileprivate func take(_ count: Int) throws(BodyRefusal) {
        let total = held.wrappingAdd(count, ordering: .relaxed).newValue
        guard total <= limit else {
            give(count)
            throw .tooManyTogether
        }
    }

    fileprivate func give(_ count: Int) {
        held.wrappingSubtract(count, ordering: .relaxed)
    }
}

extension Request {
    /// Reads the whole body, of `limit` bytes at the most, and lends it for the length of `use`.
    ///
    /// A length that is declared is looked at before anything is read, and one that is not as the chunks arrive: no
    /// more than `limit` bytes and a chunk are ever held.
    ///
    /// - Throws: ``BodyRefusal``, which leaves a part of the body unread; and what the connection throws.
    package func withBody<T>(limit: Int, _ budget: BodyBudget, _ use: ([UInt8]) async -> T) async throws -> T {
        if let declared = headers[.contentLength].flatMap(Int.init), declared > limit {
            throw BodyRefusal.tooLarge(limit: limit)
        }
        var bytes: [UInt8] = []
        defer { budget.give(bytes.count) }
        for try await chunk in body {
            guard bytes.count + chunk.readableBytes <= limit else { throw BodyRefusal.tooLarge(limit: limit) }
            try budget.take(chunk.readableBytes)
            bytes += chunk.readableBytesView
        }
        return await use(bytes)
    }
}

/// A body is not read to its end, so its connection cannot go on.
package enum BodyRefusal: Error {
    case tooLarge(limit: Int)
    case tooManyTogether
}
