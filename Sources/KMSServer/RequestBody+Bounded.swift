import HTTPTypes
import Hummingbird
import KMSWire
import NIOCore

extension Request {
    /// Reads the whole body, of `limit` bytes at the most; nil when it is longer.
    ///
    /// A length that is declared is looked at before anything is read, and one that is not as the chunks arrive: no
    /// more than `limit` bytes and a chunk are ever held.
    func boundedBody(limit: Int) async throws -> [UInt8]? {
        if let declared = headers[.contentLength].flatMap(Int.init), declared > limit { return nil }
        var bytes: [UInt8] = []
        for try await chunk in body {
            guard bytes.count + chunk.readableBytes <= limit else { return nil }
            bytes += chunk.readableBytesView
        }
        return bytes
    }
}
