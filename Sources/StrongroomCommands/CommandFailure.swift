/// What a command tells its user when it cannot go on: what is wrong, and what to do next.
struct CommandFailure: Error {
    let message: String
    let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
