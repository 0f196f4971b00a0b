// ConnectCustomKeyStore and DisconnectCustomKeyStore answer when it is stored what is wanted; the rest is done behind
// them, and once more after a crash.
extension KeyStore {
    /// To connect what is connected, or about to be, is success.
    package func connectCustomKeyStore(_ id: String, by context: CallContext) async throws(KMSError) {
        let store = try find(id, for: .connectCustomKeyStore, by: context)
        try await change(store.id, on: .call(context)) { store throws(KMSError) in
            switch store.connection {
            case .connected, .connecting: return
            case .disconnected: store.connection = .connecting
            case .failed:
                throw .customKeyStoreInvalidState(
                    store, "Disconnect it with DisconnectCustomKeyStore, put right what failed, and connect it then.")
            case .disconnecting:
                throw .customKeyStoreInvalidState(store, "Connect it when it is DISCONNECTED.")
            }
        }
        beginConnecting(store.id)
    }

    package func disconnectCustomKeyStore(_ id: String, by context: CallContext) async throws(KMSError) {
        let store = try find(id, for: .disconnectCustomKeyStore, by: context)
        try await change(store.id, on: .call(context, .keyStoreDisconnected(store))) { store throws(KMSError) in
            switch store.connection {
            case .connected, .connecting, .failed: store.connection = .disconnecting
            case .disconnected, .disconnecting:
                throw .customKeyStoreInvalidState(store, "It need not be disconnected.")
            }
        }
        events.record(.keyStoreDisconnected(store))
        let (attempt, connection) = customKeyStores.giveUp(store.id)
        Task {
            await connection?.end()
            self.customKeyStores.removeLink(store.id, attempt: attempt)
            // A failure leaves it to the next round of due work.
            try? await self.endDisconnecting(store.id)
        }
    }

    private func endDisconnecting(_ id: CustomKeyStoreID) async throws(KMSError) {
        try await change(id, on: .step) { store throws(KMSError) in
            if store.connection == .disconnecting { store.connection = .disconnected }
        }
    }

    /// Goes on with what an earlier server, or a failure, left: connects what is to be connected and is not.
    package func mendConnections() async throws(KMSError) {
        for store in customKeyStores.all where !customKeyStores.hasLink(store.id) {
            switch store.connection {
            case .connecting, .connected: beginConnecting(store.id)
            case .disconnecting: try await endDisconnecting(store.id)
            case .disconnected, .failed: break
            }
        }
    }

    /// To be called at the end. What is stored stays: the next server connects what is connected now.
    func endConnections() async {
        let connections = customKeyStores.giveUpAll()
        await withTaskGroup(of: Void.self) { group in
            for connection in connections { group.addTask { await connection.end() } }
        }
    }

    // MARK: An attempt

    private func beginConnecting(_ id: CustomKeyStoreID) {
        guard let attempt = customKeyStores.beginAttempt(id) else { return }
        Task { await self.connect(id, attempt) }
    }

    private func connect(_ id: CustomKeyStoreID, _ attempt: Int) async {
        let outcome: ConnectionOutcome
        do throws(KMSError) {
            let connection = try await connection(to: id)
            guard customKeyStores.hold(connection, of: id, attempt: attempt) else { return await connection.end() }
            outcome = await connection.outcome()
        } catch {
            outcome = error.connectionOutcome
        }
        switch outcome {
        case .connected: await didConnect(id, attempt)
        case .failed(let code, let cause, let isLasting):
            await didFail(id, attempt, code, cause: cause, isLasting: isLasting)
        }
    }

    /// The password is in this process from here to the connection, which keeps it for its workers.
    private func connection(to id: CustomKeyStoreID) async throws(KMSError) -> any KeyStoreConnection {
        guard let store = customKeyStores[id] else { throw .customKeyStoreNotFound(id.description) }
        return try customKeyStoreConnector.connect(store, with: try await passwords().open(store))
    }

    private func didConnect(_ id: CustomKeyStoreID, _ attempt: Int) async {
        guard let store = customKeyStores[id] else { return }
        do {
            try await change(id, on: .server(.keyStoreConnected(store))) { store throws(KMSError) in
                if customKeyStores.isCurrent(attempt, of: id), store.connection == .connecting {
                    store.connection = .connected
                }
            }
            if customKeyStores.isCurrent(attempt, of: id) { events.record(.keyStoreConnected(store)) }
        } catch {
            // What is not stored is not so: the next round of due work tries again.
            await customKeyStores.drop(attempt, of: id)?.end()
            customKeyStores.removeLink(id, attempt: attempt)
        }
    }

    /// One that was connected, and may come back by itself, is left to do so.
    private func didFail(
        _ id: CustomKeyStoreID, _ attempt: Int, _ code: ConnectionErrorCode, cause: String, isLasting: Bool
    ) async {
        guard let store = customKeyStores[id], customKeyStores.isCurrent(attempt, of: id) else { return }
        let failure = KeyStoreEvent.keyStoreFailed(store, code, cause: cause)
        if store.connection == .connected, !isLasting {
            events.record(failure)
            if !customKeyStores.isHeld(id, attempt: attempt) { customKeyStores.removeLink(id, attempt: attempt) }
            return
        }
        await customKeyStores.drop(attempt, of: id)?.end()
        // Where it cannot be stored, the next round of due work tries again.
        _ = try? await change(id, on: .server(failure)) { store throws(KMSError) in
            guard customKeyStores.isCurrent(attempt, of: id) else { return }
            switch store.connection {
            case .connecting, .connected: store.connection = .failed(code)
            case .disconnected, .disconnecting, .failed: break
            }
        }
        events.record(failure)
        customKeyStores.removeLink(id, attempt: attempt)
    }
}

extension KMSError {
    /// How an attempt ended that could not even be begun.
    fileprivate var connectionOutcome: ConnectionOutcome {
        let cause = cause ?? message
        return switch code {
        case .cloudHSMClusterNotFound: .failed(.clusterNotFound, cause: cause, isLasting: true)
        case .xksProxyURIUnreachable: .failed(.xksProxyNotReachable, cause: cause, isLasting: true)
        default: .failed(.internalError, cause: cause, isLasting: false)
        }
    }
}
