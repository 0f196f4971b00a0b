/// What an operator should hear of, beyond what callers are told.
package enum KeyStoreEvent: Sendable {
    /// An alarm: the token answers, but not with this key's material. The key is Unavailable until it does.
    case materialMissing(KeyAddress, number: UInt32, cause: String?)
    case materialFoundAgain(KeyAddress, number: UInt32)
    /// An alarm: an interrupted creation or deletion could not be brought to its end yet; it is tried again.
    case workPostponed(KeyAddress, cause: String)
    /// An alarm: nothing was destroyed, because the token does not show these live keys (ARNs, or the server's
    /// own by their purposes).
    case destructionRefused(missing: [String])
    case creationUndone(KeyAddress)
    /// A replica is not made: its token, or that of its primary, cannot do what it takes.
    case replicationGivenUp(KeyAddress, cause: String)
    case keyDestroyed(KeyAddress)
    case keyRotated(KeyAddress, number: UInt32, KeyMaterial.Rotation.Kind)
    /// `place` is where the wrapping was opened.
    case materialImported(KeyAddress, materialID: String, place: KeyMaterial.Import.Place)
    /// Its day had come, or it was deleted by a caller.
    case importedMaterialDestroyed(KeyAddress, materialID: String, hadExpired: Bool)
    /// The key's policy cannot be read, so that nobody may do anything to it: its operator has to give it another.
    case policyNotUnderstood(KeyAddress)
    case keyDisabled(KeyAddress)
    case deletionScheduled(KeyAddress, date: Timestamp)
    case deletionCancelled(KeyAddress)
    /// Told once for each day on which that is near.
    case materialExpiring(KeyAddress, materialID: String, date: Timestamp)
    case keyStoreConnected(CustomKeyStore)
    case keyStoreDisconnected(CustomKeyStore)
    /// An alarm: a custom key store could not be reached. Of one that is connected it is tried again.
    case keyStoreFailed(CustomKeyStore, ConnectionErrorCode, cause: String)
    /// The key is gone, and its objects are still in the token of its custom key store, which was not connected.
    case materialLeftBehind(KeyAddress, [ObjectID])
    case hsmLost(cause: String)
    case hsmFoundAgain
    /// The key's materials could not be read, so the key cannot serve; it is kept.
    case keyNotUnderstood(KeyAddress)
}

package protocol KeyStoreEventSink: Sendable {
    func record(_ event: KeyStoreEvent)
}
