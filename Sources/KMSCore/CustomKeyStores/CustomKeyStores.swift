import Synchronization

/// All custom key stores in memory, and which of them are reached.
final class CustomKeyStores: Sendable {
    /// An attempt to reach a key store, and then the connection. Another attempt has another number.
    private struct Link {
        let number: Int
        var connection: (any KeyStoreConnection)?
    }

    private struct State {
        var stores: [CustomKeyStoreID: CustomKeyStore] = [:]
        var links: [CustomKeyStoreID: Link] = [:]
        var attempts = 0
        var rounds: Set<CustomKeyStoreID> = []
        var takenExternalKeys: Set<ExternalKeyName> = []
    }

    /// XksKeyId in its key store.
    private struct ExternalKeyName: Hashable {
        let keyStore: CustomKeyStoreID
        let id: String
    }

    private let state = Mutex(State())

    func load(_ stores: [CustomKeyStore]) {
        state.withLock { $0.stores = Dictionary(uniqueKeysWithValues: stores.map { ($0.id, $0) }) }
    }

    // MARK: What they are

    var all: [CustomKeyStore] { Array(state.withLock { $0.stores }.values) }

    subscript(id: CustomKeyStoreID) -> CustomKeyStore? { state.withLock { $0.stores[id] } }

    func save(_ store: CustomKeyStore) {
        state.withLock { $0.stores[store.id] = store }
    }

    func remove(_ id: CustomKeyStoreID) {
        state.withLock { $0.stores[id] = nil }
    }

    // MARK: Reaching them

    /// How a key store's keys can be used now.
    enum Reach {
        case connected(KeyStoreMeans)
        /// It is connected, as far as the server knows, but was not reached since the start.
        case awaited
        case disconnected(ConnectionState)
    }

    func reach(_ id: CustomKeyStoreID) -> Reach {
        state.withLock { state in
            let connection = state.stores[id]?.connection ?? .disconnected
            guard connection == .connected else { return .disconnected(connection) }
            return state.links[id]?.connection.map { .connected($0.means) } ?? .awaited
        }
    }

    /// Begins an attempt to reach a key store; nil when there is one already, or a connection.
    func beginAttempt(_ id: CustomKeyStoreID) -> Int? {
        state.withLock { state in
            guard state.links[id] == nil else { return nil }
            state.attempts += 1
            state.links[id] = Link(number: state.attempts)
            return state.attempts
        }
    }

    /// Answers whether the attempt is still wanted: ``giveUp(_:)`` ends it.
    func hold(_ connection: any KeyStoreConnection, of id: CustomKeyStoreID, attempt: Int) -> Bool {
        state.withLock { state in
            guard state.links[id]?.number == attempt else { return false }
            state.links[id]?.connection = connection
            return true
        }
    }

    func isCurrent(_ attempt: Int, of id: CustomKeyStoreID) -> Bool {
        state.withLock { $0.links[id]?.number == attempt }
    }

    func isHeld(_ id: CustomKeyStoreID, attempt: Int) -> Bool {
        state.withLock { $0.links[id]?.number == attempt && $0.links[id]?.connection != nil }
    }

    /// Whether it is being reached, was, or is being given up.
    func hasLink(_ id: CustomKeyStoreID) -> Bool { state.withLock { $0.links[id] != nil } }

    /// Takes a key store out of use, and whatever attempt is under way. Until ``removeLink(_:attempt:)`` there is no other.
    ///
    /// - Returns: A new attempt's number, and what is to be ended in its name.
    func giveUp(_ id: CustomKeyStoreID) -> (attempt: Int, connection: (any KeyStoreConnection)?) {
        state.withLock { state in
            let connection = state.links[id]?.connection
            state.attempts += 1
            state.links[id] = Link(number: state.attempts)
            return (state.attempts, connection)
        }
    }

    /// Puts another connection in the place of that which there is. Answers the one that is to be ended: the old, or,
    /// where there is none, the new.
    func replaceConnection(of id: CustomKeyStoreID, by new: any KeyStoreConnection) -> any KeyStoreConnection {
        state.withLock { state in
            guard let old = state.links[id]?.connection else { return new }
            state.links[id]?.connection = new
            return old
        }
    }

    /// Takes what an attempt holds out of use; nil where it holds nothing, or another has taken its place.
    func drop(_ attempt: Int, of id: CustomKeyStoreID) -> (any KeyStoreConnection)? {
        state.withLock { state in
            guard state.links[id]?.number == attempt else { return nil }
            defer { state.links[id]?.connection = nil }
            return state.links[id]?.connection
        }
    }

    func removeLink(_ id: CustomKeyStoreID, attempt: Int) {
        state.withLock { state in
            if state.links[id]?.number == attempt { state.links[id] = nil }
        }
    }

    /// Takes all key stores out of use.
    func giveUpAll() -> [any KeyStoreConnection] {
        state.withLock { state in
            defer { state.links = [:] }
            return state.links.values.compactMap(\.connection)
        }
    }

    // MARK: Work in them

    /// Whether a round of due work may begin: one at a time in each key store.
    func beginRound(_ id: CustomKeyStoreID) -> Bool { state.withLock { $0.rounds.insert(id).inserted } }

    func endRound(_ id: CustomKeyStoreID) { state.withLock { _ = $0.rounds.remove(id) } }

    /// Whether a key may be made on an external key: one at a time on each.
    func beginCreation(on externalKey: String, in id: CustomKeyStoreID) -> Bool {
        state.withLock {
            $0.takenExternalKeys.insert(ExternalKeyName(keyStore: id, id: externalKey)).inserted
        }
    }

    func endCreation(on externalKey: String, in id: CustomKeyStoreID) {
        state.withLock { _ = $0.takenExternalKeys.remove(ExternalKeyName(keyStore: id, id: externalKey)) }
    }
}
