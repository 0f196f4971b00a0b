/// What a command tells its user when it cannot go on: what is wrong, and what to do next.
struct CommandFailure: Error {
    let message: String
    let hint: String?
    /// The process's exit status.
    let status: Int32

    init(_ message: String, hint: String? = nil, status: Int32 = 1) {
        self.message = message
        self.hint = hint
        self.status = status
    }
}
