/// The wrapping key pairs that are in the token, or may be.
struct WrappingKeys {
    /// Those that imports can use.
    private(set) var ready: [ObjectID: WrappingKey] = [:]
    /// Those whose making was interrupted, and those that are of no more use: to be destroyed.
    private(set) var abandoned: [ObjectID: WrappingKey] = [:]

    init(_ stored: [WrappingKey] = []) {
        for key in stored {
            if key.reference.checkValue.isEmpty { abandon(key) } else { save(key) }
        }
    }

    mutating func save(_ key: WrappingKey) {
        ready[key.reference.object] = key
    }

    mutating func abandon(_ key: WrappingKey) {
        ready[key.reference.object] = nil
        abandoned[key.reference.object] = key
    }

    mutating func remove(_ id: ObjectID) {
        ready[id] = nil
        abandoned[id] = nil
    }

    /// Those of one key, the oldest first.
    func ready(for key: KeyAddress) -> [WrappingKey] {
        ready.values.filter { $0.key == key }.sorted { $0.validTo < $1.validTo }
    }

    /// What is to be destroyed by now.
    func due(at now: Timestamp) -> [WrappingKey] {
        ready.values.filter { $0.validTo <= now } + abandoned.values
    }
}
