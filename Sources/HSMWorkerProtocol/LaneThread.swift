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

    /// Waits for the thread's end.
    package func join() {
        pthread_join(thread, nil)
    }
}
