package import NIOCore

/// Runs tasks on a connection's own event loop, where its bytes arrive and leave: a request changes threads for the
/// token only.
///
/// NIO's own executors are serial ones, for actors; a task is given its preference by a `TaskExecutor`.
package final class EventLoopTaskExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { [self] in
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
