import KMSCore
import SQLiteStore

/// A change that an operator makes to a state directory whose server does not run, when nobody could make it by the
/// API any more. What is done is recorded: the record waits in the outbox, and the server's next start takes it into
/// the log.
struct OfflineChange {
    let configuration: ServerConfiguration
    let metadata: SQLiteStore
    let journal: Journal
    let clock = SystemClock()
    /// Keeps servers away until this process has ended.
    let lock: ServerLock
    private let command: String

    /// - Parameter command: As records name what made the change.
    init(_ state: StateDirectory, command: String) throws {
        configuration = try ServerConfiguration.load(state)
        lock = try ServerLock(state)
        metadata = try SQLiteStore(path: state.database)
        journal = Journal(metadata: metadata, clock: clock, sink: Unrecorded(), events: nil)
        self.command = command
    }

    /// A call of an account's root, which is what an operator is.
    func root(
        of account: AccountID, in region: Region, _ operation: String, of source: String = "kms.amazonaws.com",
        _ parameters: AuditValue? = nil
    ) -> CallContext {
        let draft = AuditDraft()
        draft.begin(operation, of: source, isReadOnly: false, parameters: parameters)
        draft.note(additional: "offline", .bool(true))
        return CallContext(
            caller: .root(of: account), region: region, requestID: .randomUUID(),
            origin: CallOrigin(userAgent: command), draft: draft)
    }
}
