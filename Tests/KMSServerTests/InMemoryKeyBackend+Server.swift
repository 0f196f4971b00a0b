import KMSCore
import KMSTesting

extension InMemoryKeyBackend {
    /// How often the backend was asked for its health.
    var healthChecks: Int { calls(of: .checkHealth) }

    /// What every call ends in, until it is nil again.
    func fail(with error: KMSError?) {
        setFault { _ in error }
    }
}
