import KMSCore
import Logging

/// Tells the log what the key store found out.
struct LoggedEvents: KeyStoreEventSink {
    let logger: Logger

    func record(_ event: KeyStoreEvent) {
        switch event {
        case .materialMissing(let key, let number, let cause):
            logger.critical(
                "a key's material is not in the token as it should be: the key is Unavailable",
                metadata: ["key": "\(key.arn)", "material": "\(number)", "cause": "\(cause ?? "none given")"])
        case .materialFoundAgain(let key, let number):
            logger.notice(
                "a key's material is in the token again", metadata: ["key": "\(key.arn)", "material": "\(number)"])
        case .workPostponed(let key, let cause):
            logger.error(
                "an interrupted creation or a deletion could not be finished, it is tried again",
                metadata: ["key": "\(key.arn)", "cause": "\(cause)"])
        case .destructionRefused(let missing):
            logger.critical(
                "no key is destroyed while the token does not show all live keys",
                metadata: ["missing": "\(missing.joined(separator: " "))"])
        case .creationUndone(let key):
            logger.notice("an interrupted creation was undone", metadata: ["key": "\(key.arn)"])
        case .replicationGivenUp(let key, let cause):
            logger.error(
                "a replica is not made: one of the two tokens cannot do its part",
                metadata: ["key": "\(key.arn)", "cause": "\(cause)"])
        case .keyDestroyed(let key):
            logger.notice("a key was destroyed at its deletion date", metadata: ["key": "\(key.arn)"])
        case .keyRotated(let key, let number, let kind):
            logger.notice(
                "a key was rotated",
                metadata: ["key": "\(key.arn)", "material": "\(number)", "rotation": "\(kind.rawValue)"])
        case .materialImported(let key, let id, let place):
            logger.notice(
                "key material was imported",
                metadata: ["key": "\(key.arn)", "material": "\(id)", "unwrapped in": "\(place.rawValue)"])
        case .importedMaterialDestroyed(let key, let id, let hadExpired):
            logger.notice(
                hadExpired ? "imported key material expired and was destroyed" : "imported key material was deleted",
                metadata: ["key": "\(key.arn)", "material": "\(id)"])
        case .policyNotUnderstood(let key):
            logger.critical(
                "a key's policy cannot be read: nobody may use the key until it has another",
                metadata: ["key": "\(key.arn)"])
        case .keyDisabled(let key):
            logger.notice("a key was disabled", metadata: ["key": "\(key.arn)"])
        case .deletionScheduled(let key, let date):
            logger.warning(
                "a key is to be destroyed", metadata: ["key": "\(key.arn)", "date": "\(date.iso8601)"])
        case .deletionCancelled(let key):
            logger.notice("a key is not to be destroyed after all", metadata: ["key": "\(key.arn)"])
        case .materialExpiring(let key, let id, let date):
            logger.warning(
                "imported key material expires soon: import it again with a later date to keep it",
                metadata: ["key": "\(key.arn)", "material": "\(id)", "date": "\(date.iso8601)"])
        case .keyStoreConnected(let store):
            logger.notice("a custom key store is connected", metadata: ["keyStore": "\(store.id)"])
        case .keyStoreDisconnected(let store):
            logger.notice("a custom key store is disconnected", metadata: ["keyStore": "\(store.id)"])
        case .keyStoreFailed(let store, let code, let cause):
            logger.error(
                "a custom key store cannot be reached",
                metadata: ["keyStore": "\(store.id)", "error": "\(code.rawValue)", "cause": "\(cause)"])
        case .materialLeftBehind(let key, let objects):
            logger.warning(
                "a key is gone, and its objects are left in the token of its custom key store",
                metadata: [
                    "key": "\(key.arn)", "objects": "\(objects.map(\.description).joined(separator: " "))",
                ])
        case .hsmLost(let cause):
            logger.critical("the HSM does not answer", metadata: ["cause": "\(cause)"])
        case .hsmFoundAgain:
            logger.notice("the HSM answers again")
        case .keyNotUnderstood(let key):
            logger.critical(
                "a key of the store cannot be served by this version", metadata: ["key": "\(key.arn)"])
        }
    }
}
