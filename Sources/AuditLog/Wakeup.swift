import Glibc

/// Wakes a thread that sleeps for a while. Being woken when one is not asleep counts for the next time.
final class Wakeup: Sendable {
    private let input: Int32
    private let output: Int32

    init() throws(LogFailure) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw LogFailure("open", "a pipe") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (input, output) = (ends[0], ends[1])
    }

    deinit {
        close(input)
        close(output)
    }

    func raise() {
        // A pipe that is full has been raised already.
        _ = unsafe write(output, [1], 1)
    }

    func wait(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        var request = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&request, 1, Int32(clamping: milliseconds)) > 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 256)
        _ = unsafe read(input, &bytes, bytes.count)
    }
}
