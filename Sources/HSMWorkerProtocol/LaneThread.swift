import Glibc

/// A thread of our own for calls that block: a PKCS#11 call never runs on an event loop or the cooperative pool.
package struct LaneThread: Sendable {
    private let thread: pthread_t

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    package init(_ body: @escaping @Sendable () -> Void) {
        let box = unsafe Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                unsafe Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, box.toOpaque()
        )
        guard result == 0 else { fatalError("no thread could be started: error \(result)") }
        self.thread = thread
    }

    /// Waits for the thread's end. Either this or ``detach()`` has to be called, or what the thread has is never given back.
    package func join() {
        pthread_join(thread, nil)
    }

    /// Lets the thread go: nobody waits for its end.
    package func detach() {
        pthread_detach(thread)
    }

    /// Runs what blocks on a thread of its own, while the caller's thread does other things.
    package static func run<T: Sendable, E: Error>(
        _ body: @escaping @Sendable () throws(E) -> T
    ) async throws(E) -> T {
        let result = await withCheckedContinuation { continuation in
            LaneThread { continuation.resume(returning: Result(catching: body)) }.detach()
        }
        return try result.get()
    }
}
