internal import GRDB
internal import KMSCore

extension Database {
    /// Adds an item at the end. One that is saved again keeps its place: that is how a retry ends.
    func save(_ item: OutboxItem) throws {
        try run(
            """
            INSERT INTO outbox (id, queue, body, date) VALUES (:id, :queue, :body, :date)
            ON CONFLICT (id) DO UPDATE SET queue = excluded.queue, body = excluded.body, date = excluded.date
            """,
            [
                "id": item.id, "queue": item.queue.rawValue, "body": item.body.blob, "date": item.date.milliseconds,
            ]
        )
    }

    /// Items that are not there are no error: that is how a retry ends.
    func removeOutboxItems(_ ids: [String]) throws {
        for id in ids { try run("DELETE FROM outbox WHERE id = :id", ["id": id]) }
    }

    /// What is yet to be handed on, in the order in which it was written.
    func readOutbox() throws -> [OutboxItem] {
        try rows("SELECT id, queue, body, date FROM outbox ORDER BY number", of: "outbox", keyedBy: ["id"]) { row in
            OutboxItem(
                id: try row.text("id"), queue: try row.parsed("queue", OutboxItem.Queue(rawValue: row.text("queue"))),
                body: try row.bytes("body"), date: try row.timestamp("date")
            )
        }
    }
}
