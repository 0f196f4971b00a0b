package import Logging

/// What Hummingbird logs, on its way to the server's logger.
///
/// Hummingbird names every request in the metadata of a logger of its own, which some handlers format at once, whether
/// anything is logged or not. Our requests have their ids already, so this keeps none.
package struct ConnectionLogHandler: LogHandler {
    private let logger: Logger

    package init(forwardingTo logger: Logger) {
        self.logger = logger
    }

    package var logLevel: Logger.Level {
        get { logger.logLevel }
        set {}
    }

    package var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    package subscript(metadataKey _: String) -> Logger.MetadataValue? {
        get { nil }
        set {}
    }

    package func log(event: LogEvent) {
        logger.log(
            level: event.level, event.message, metadata: event.metadata, source: event.source, file: event.file,
            function: event.function, line: event.line
        )
    }
}
