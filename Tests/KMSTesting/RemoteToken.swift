internal import Foundation

/// A SoftHSM token behind p11-kit's remoting: a network HSM, whose connection can be cut and whose server can hang.
///
/// The module is `p11-kit-client.so`; each of its processes has a connection of its own. p11-kit 0.24 carries no AES-GCM
/// and no AES-CBC: HMAC, ECDSA and RSA keys are what can be used.
package final class RemoteToken: Sendable {
    package let token: SoftHSMToken
    private let server: LockedProcess

    private var socket: String { token.folder + "/remote" }

    /// What a process that loads ``modulePath`` needs in its environment.
    package var environment: [String: String] { ["P11_KIT_SERVER_ADDRESS": "unix:path=" + socket] }

    /// The client's module.
    package static var modulePath: String {
        get throws {
            let paths = ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/pkcs11/p11-kit-client.so" }
            guard let path = paths.first(where: FileManager.default.fileExists) else {
                throw MissingPrerequisite("none of \(paths) is there", hint: "apt-get install p11-kit p11-kit-modules")
            }
            return path
        }
    }

    /// Blocks until the server listens, where it `starts`.
    package init(_ token: SoftHSMToken, starts: Bool = true) throws {
        self.token = token
        server = LockedProcess()
        if starts { try start() }
    }

    deinit {
        server.killGroup(SIGKILL)
    }

    /// Starts the server, which must not run. Blocks until it listens.
    package func start() throws {
        // A killed server leaves its socket behind.
        try? FileManager.default.removeItem(atPath: socket)
        try server.start(
            ["p11-kit", "server", "-f", "-n", socket, "--provider", SoftHSMToken.modulePath, "pkcs11:"],
            environment: token.environment)
        for _ in 0..<500 where !FileManager.default.fileExists(atPath: socket) { usleep(10_000) }
    }

    /// Cuts all connections; nobody listens any more. Blocks until the server is gone.
    package func kill() { server.killGroup(SIGKILL) }

    /// Lets every call hang.
    package func stop() { server.signalGroup(SIGSTOP) }

    package func resume() { server.signalGroup(SIGCONT) }
}

/// A process, and those that it starts, which are a group of their own: each connection has one. Started and ended
/// under a lock.
private final class LockedProcess: @unchecked Sendable {
    // @unchecked because the process is only used under the lock.
    private let lock = NSLock()
    private var process: Process?

    func start(_ words: [String], environment: [String: String]) throws {
        let made = Process()
        made.executableURL = URL(filePath: "/usr/bin/env")
        made.arguments = words
        made.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        made.standardInput = FileHandle.nullDevice
        made.standardOutput = FileHandle.nullDevice
        made.standardError = FileHandle.nullDevice
        try lock.withLock {
            try made.run()
            process = made
        }
    }

    func signalGroup(_ signal: Int32) {
        lock.withLock {
            guard let process, process.isRunning else { return }
            _ = Glibc.kill(-process.processIdentifier, signal)
        }
    }

    func killGroup(_ signal: Int32) {
        lock.withLock {
            guard let process else { return }
            _ = Glibc.kill(-process.processIdentifier, signal)
            process.waitUntilExit()
            self.process = nil
        }
    }
}
