import ArgumentParser
import BenchSubjects
import Glibc

/// How long the policy engine takes for one decision: on the policies of an application's key, with two identity
/// policies of its role.
@main
struct BenchPolicy: ParsableCommand {
    @Option(help: "Seconds a line.")
    var seconds = 2.0

    @Option(help: "Make just so many decisions of each kind, and measure nothing: for a profiler that counts.")
    var count: Int?

    func run() throws {
        for scene in try PolicyScene.all() {
            if let count {
                try scene.decide(count)
                continue
            }
            // Once, so that what is made at first use is made.
            try scene.decide(1)
            var decisions = 0
            let start = Self.now()
            var end = start
            while end - start < seconds {
                try scene.decide(1000)
                decisions += 1000
                end = Self.now()
            }
            let nanoseconds = Int(((end - start) / Double(decisions) * 1e9).rounded())
            print(#"{"scene": "\#(scene.name)", "nanoseconds": \#(nanoseconds)}"#)
        }
    }

    /// Seconds of a clock that is not set.
    private static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension PolicyScene {
    /// Throws unless each of so many decisions is what it has to be.
    func decide(_ count: Int) throws {
        for _ in 0..<count where decide() != isAllowed { throw ExitCode.failure }
    }
}
