import KMSPolicy
import Synchronization

/// A key's grants, found by whom they are for, by their ids and by their names. It stays when the key is changed.
final class GrantTable: Sendable {
    private struct State {
        var grants: [String: Grant] = [:]
        /// In their order, so that a page of a list need not sort them all.
        var ids: [String] = []
        /// By the grantee's ARN or service name; a request asks for the two or three that its caller answers to.
        var permissions: [String: [GrantPermission]] = [:]
        /// The ids of those that have it, by the retiring principal's ARN or service name.
        var retirable: [String: Set<String>] = [:]
        /// The ids of those that have one, by the grant's name.
        var named: [String: Set<String>] = [:]

        mutating func remove(_ id: String) {
            guard let grant = grants.removeValue(forKey: id) else { return }
            ids.remove(at: ids.firstIndex(notBefore: id))
            permissions[grant.granteePrincipal]?.removeAll { $0.id == id }
            if permissions[grant.granteePrincipal]?.isEmpty ?? false { permissions[grant.granteePrincipal] = nil }
            retirable.remove(id, under: grant.retiringPrincipal)
            named.remove(id, under: grant.name)
        }
    }

    private let state = Mutex(State())

    func save(_ grant: Grant) {
        let permission = grant.permission
        state.withLock { state in
            state.remove(grant.id)
            state.grants[grant.id] = grant
            state.ids.insert(grant.id, at: state.ids.firstIndex(notBefore: grant.id))
            state.permissions[grant.granteePrincipal, default: []].append(permission)
            if let retiring = grant.retiringPrincipal { state.retirable[retiring, default: []].insert(grant.id) }
            if !grant.name.isEmpty { state.named[grant.name, default: []].insert(grant.id) }
        }
    }

    func remove(_ id: String) {
        state.withLock { $0.remove(id) }
    }

    func grant(_ id: String) -> Grant? { state.withLock { $0.grants[id] } }

    func grants(named name: String) -> [Grant] {
        state.withLock { state in (state.named[name] ?? []).compactMap { state.grants[$0] } }
    }

    func grants(retirableBy principal: String) -> [Grant] {
        state.withLock { state in (state.retirable[principal] ?? []).compactMap { state.grants[$0] } }
    }

    var count: Int { state.withLock { $0.ids.count } }

    /// In the order of their ids.
    var all: [Grant] { grants(after: nil, count: .max) { _ in true } }

    /// The first `count` of those behind `id` that are wanted, in the order of their ids.
    func grants(after id: String?, count: Int, where isWanted: (Grant) -> Bool) -> [Grant] {
        // Looked through outside the lock, which the requests of the grantees need.
        let (ids, grants) = state.withLock { ($0.ids, $0.grants) }
        var rest = ids[...]
        if let id { rest = rest[ids.firstIndex(notBefore: id)...].drop { $0 == id } }
        return Array(rest.lazy.compactMap { grants[$0] }.filter(isWanted).prefix(count))
    }

    /// Those that may be for the caller.
    func permissions(for caller: PolicyCaller) -> [GrantPermission] {
        state.withLock { state in
            guard !state.permissions.isEmpty else { return [] }
            // No two of them are the same, but of the root of an account.
            var names = [caller.arn]
            if caller.kind != .root { names.append("arn:aws:iam::\(caller.account):root") }
            if let issuer = caller.issuerARN { names.append(issuer) }
            if case .service(let service) = caller.kind, service != caller.arn { names.append(service) }
            let found = names.compactMap { state.permissions[$0] }
            // One of them can hold thousands, and is not copied then.
            return found.count == 1 ? found[0] : Array(found.joined())
        }
    }
}

extension [String: Set<String>] {
    fileprivate mutating func remove(_ id: String, under name: String?) {
        guard let name, self[name]?.remove(id) != nil, self[name]?.isEmpty ?? false else { return }
        self[name] = nil
    }
}

extension [String] {
    /// Where `text` is, or would be put, in what is sorted.
    fileprivate func firstIndex(notBefore text: String) -> Int {
        // The store gives grants in their order.
        guard let last, text <= last else { return endIndex }
        var range = indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = self[middle] < text ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}
