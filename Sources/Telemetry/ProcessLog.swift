public import Logging

/// The log of a whole process, on standard error: of its own loggers, and of those that libraries make.
public enum ProcessLog {
    /// To be called once, before anything makes a logger: one that was made before goes on in swift-log's own form.
    ///
    /// - Returns: the program's logger.
    public static func start(_ program: String, level: Logger.Level = .info) -> Logger {
        LoggingSystem.bootstrap { label in
            var handler = JSONLogHandler(label: label)
            handler.logLevel = level
            return handler
        }
        return Logger(label: program)
    }
}
