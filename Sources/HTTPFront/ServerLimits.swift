/// How much of a server any client may use.
package struct ServerLimits: Sendable {
    /// The most bytes that a request's body may have.
    package var maximumBody = 1 << 20
    /// The most bytes of bodies that are held at a time, over all connections.
    package var maximumBodiesTogether = 64 << 20
    /// The most connections at a time; more wait in the system's backlog.
    package var maximumConnections = 4096
    /// The most bytes of all header fields of a request together, and of one.
    package var maximumHeaderBytes = 16 << 10
    package var maximumHeaderFields = 100
    /// How long a request may take to arrive, from its first byte to the last of its body; and a new connection's
    /// first request from the connection's beginning.
    package var arrivalTimeout = Duration.seconds(20)
    /// How long a connection may be kept without a request.
    package var idleTimeout = Duration.seconds(60)
    /// How long a connection that is being closed may still send, so that its client gets to read the answer.
    package var lingerTimeout = Duration.seconds(5)

    package init() {}
}
