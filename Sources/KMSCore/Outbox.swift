/// Something that was written in the transaction of the change that it tells of, and has yet to be handed on.
public struct OutboxItem: Hashable, Sendable {
    public enum Queue: String, Sendable {
        /// A record for the audit log.
        case audit
        /// An event for the webhook.
        case events
    }

    /// A UUID: that of the record or event in it.
    public let id: String
    public let queue: Queue
    /// One JSON object.
    public let body: [UInt8]
    public let date: Timestamp

    public init(id: String, queue: Queue, body: [UInt8], date: Timestamp) {
        self.id = id
        self.queue = queue
        self.body = body
        self.date = date
    }
}
