import Logging

/// What Hummingbird logs, on its way to the server's logger.
///
/// Hummingbird names every request in the metadata of a logger of its own, which some handlers format at once, whether
/// anything is logged or not. Our requests have their ids already, so this keeps none.
struct ConnectionLogHandler: LogHandler {
    private let logger: Logger

    init(forwardingTo logger: Logger) {
        self.logger = logger
    }

    var logLevel: Logger.Level {
        get { logger.logLevel }
        set {}
    }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    subscript(metadataKey _: String) -> Logger.MetadataValue? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        logger.log(
            level: event.level, event.message, metadata: event.metadata, source: event.source, file: event.file,
            function: event.function, line: event.line
        )
    }
}
