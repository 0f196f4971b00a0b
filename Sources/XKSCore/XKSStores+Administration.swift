package import KMSCore
import KMSPolicy
import SecureMemory
import Synchronization

/// What of a store is to be changed; nil stays as it is.
package struct XKSStoreUpdate: Sendable {
    package var isEnabled: Bool?
    package var requestsPerSecond: Int?

    package init(isEnabled: Bool? = nil, requestsPerSecond: Int? = nil) {
        self.isEnabled = isEnabled
        self.requestsPerSecond = requestsPerSecond
    }
}

extension XKSStores {
    /// How many stores an account may have.
    package static let maximumStores = 100

    /// Makes a store, in the caller's account and Region, with its first credential.
    package func createStore(
        _ prefix: String, requestsPerSecond: Int?, by context: CallContext
    ) async throws(KMSError) -> (store: XKSStore, credential: IssuedXKSCredential) {
        try authorize("CreateXKSStore", on: prefix, by: context)
        try XKSNames.check(prefix: prefix)
        let rate = try Self.checked(requestsPerSecond ?? XKSStore.defaultRequestsPerSecond)
        return try await changes.run { () async throws(KMSError) in
            let stores = table.withLock { $0.stores }
            guard stores[prefix] == nil else {
                throw KMSError(.alreadyExists, "There is an XKS store '\(prefix)' already. Choose another prefix.")
            }
            guard stores.values.count(where: { $0.store.scope.account == context.scope.account }) < Self.maximumStores
            else { throw KMSError(.limitExceeded, "An account has at most \(Self.maximumStores) XKS stores.") }
            let store = XKSStore(
                prefix: prefix, scope: context.scope, requestsPerSecond: rate, creationDate: clock.now)
            let made = try await newCredential(of: prefix)
            try await journal.commit([.saveXKSStore(store), .saveXKSCredential(made.stored)], by: context)
            table.withLock { table in
                table.save(store)
                table.save(made.stored, made.signing)
            }
            return (store, made.issued)
        }
    }

    /// Those of the caller's account in the Region that it called, by their prefixes.
    package func listStores(by context: CallContext) throws(KMSError) -> [XKSStore] {
        try authorize("ListXKSStores", on: "*", by: context)
        return table.withLock { $0.stores.values.map(\.store) }.filter { $0.scope == context.scope }
            .sorted { $0.prefix < $1.prefix }
    }

    package func updateStore(
        _ prefix: String, _ update: XKSStoreUpdate, by context: CallContext
    ) async throws(KMSError) -> XKSStore {
        try authorize("UpdateXKSStore", on: prefix, by: context)
        let rate = try update.requestsPerSecond.map { rate throws(KMSError) in try Self.checked(rate) }
        return try await change(prefix, by: context) { store in
            if let isEnabled = update.isEnabled { store.isEnabled = isEnabled }
            if let rate { store.requestsPerSecond = rate }
        }
    }

    /// Secondary authorization: a policy in the grammar of key policies, or nil to trust the key policies of AWS KMS.
    package func setPolicy(
        _ text: String?, of prefix: String, by context: CallContext
    ) async throws(KMSError) -> XKSStore {
        try authorize("PutXKSStorePolicy", on: prefix, by: context)
        if let text {
            guard text.utf8.count <= KeyPolicy.maximumSize else {
                throw KMSError(.limitExceeded, "The policy may have \(KeyPolicy.maximumSize) bytes at the most.")
            }
            do {
                _ = try PolicyDocument(parsing: text, as: .key)
            } catch {
                throw KMSError(.malformedPolicy, error.description)
            }
        }
        return try await change(prefix, by: context) { $0.policy = text }
    }

    /// Nil for a store that trusts the key policies of AWS KMS.
    package func policy(of prefix: String, by context: CallContext) throws(KMSError) -> String? {
        try authorize("GetXKSStorePolicy", on: prefix, by: context)
        return try store(prefix, of: context).store.policy
    }

    /// Removes a store with its credentials. It must have no keys any more.
    package func deleteStore(_ prefix: String, by context: CallContext) async throws(KMSError) {
        try authorize("DeleteXKSStore", on: prefix, by: context)
        try await changes.run { () async throws(KMSError) in
            _ = try store(prefix, of: context)
            let count = keys.exposedKeys(of: prefix).count
            guard count == 0 else {
                throw KMSError(
                    .conflict,
                    "The XKS store '\(prefix)' has \(count) keys. Schedule their deletion first: what they encrypted is "
                        + "lost with them.")
            }
            try await journal.commit([.removeXKSStore(prefix: prefix)], by: context)
            table.withLock { $0.remove(prefix) }
        }
    }

    private func change(
        _ prefix: String, by context: CallContext, _ edit: (inout XKSStore) -> Void
    ) async throws(KMSError) -> XKSStore {
        try await changes.run { () async throws(KMSError) in
            let former = try self.store(prefix, of: context).store
            var store = former
            edit(&store)
            guard store != former else { return store }
            try await journal.commit([.saveXKSStore(store)], by: context)
            table.withLock { $0.save(store) }
            return store
        }
    }

    private static func checked(_ rate: Int) throws(KMSError) -> Int {
        guard (0...QuotaLimits.maximumRate).contains(rate) else {
            throw KMSError(
                .validation,
                "A store takes from 1 to \(QuotaLimits.maximumRate) requests a second, or 0 for no limit; not \(rate).")
        }
        return rate
    }
}
