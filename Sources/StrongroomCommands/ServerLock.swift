import Glibc

/// Makes sure that one server alone works on a state directory.
///
/// The lock is on an open file that the workers inherit. So it also lasts until the workers of a server that was
/// killed have ended: only then is it certain that nothing of theirs reaches the token any more.
struct ServerLock: Sendable {
    let descriptor: Int32

    /// Takes the lock; waits a few seconds for what an earlier server left behind.
    init(_ state: StateDirectory) throws(CommandFailure) {
        descriptor = unsafe open(state.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure("\(state.lock) cannot be opened: \(errorText())") }
        for _ in 0..<100 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
            usleep(50_000)
        }
        throw CommandFailure(
            "another server is working on \(state.path)",
            hint: "stop it first; see who it is with: fuser \(state.lock)"
        )
    }
}
