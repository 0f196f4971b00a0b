import KMSTesting
import Testing

@testable import KMSCore

@Suite struct `Key states` {
    /// One line of AWS's table "How key state affects use" for the states that keys of this version come to:
    /// `+` succeeds, `D` DisabledException, `S` KMSInvalidStateException, `N` KMSInvalidStateException "is not pending
    /// deletion".
    struct Line: Sendable, CustomTestStringConvertible {
        let action: KMSAction
        /// In the order of ``states``.
        let answers: String

        init(_ action: KMSAction, _ answers: String) {
            self.action = action
            self.answers = answers
        }

        var testDescription: String { action.rawValue }
    }

    static let states: [KeyState] = [.enabled, .disabled, .pendingImport, .pendingDeletion, .unavailable]

    static let lines = [
        Line(.cancelKeyDeletion, "NNN+N"),
        Line(.createAlias, "+++S+"),
        Line(.createGrant, "+DSS+"),
        Line(.listGrants, "+++++"),
        Line(.retireGrant, "+++++"),
        Line(.revokeGrant, "+++++"),
        Line(.deleteAlias, "+++++"),
        Line(.describeKey, "+++++"),
        Line(.disableKey, "++SS+"),
        Line(.enableKey, "++SS+"),
        Line(.getKeyPolicy, "+++++"),
        Line(.listAliases, "+++++"),
        Line(.listKeyPolicies, "+++++"),
        Line(.listResourceTags, "+++++"),
        Line(.putKeyPolicy, "+++++"),
        Line(.scheduleKeyDeletion, "+++S+"),
        Line(.tagResource, "+++S+"),
        Line(.untagResource, "+++S+"),
        // Of the alias's new key.
        Line(.updateAlias, "+++S+"),
        Line(.updateKeyDescription, "+++S+"),
        // AWS refuses these in Unavailable ("S"): there an operator disconnected the key store. Here the state is what
        // the last call found, so the token is asked again; that is how a key heals.
        Line(.decrypt, "+DSS+"),
        Line(.encrypt, "+DSS+"),
        Line(.generateDataKey, "+DSS+"),
        Line(.generateDataKeyWithoutPlaintext, "+DSS+"),
        Line(.reEncryptFrom, "+DSS+"),
        Line(.reEncryptTo, "+DSS+"),
        Line(.generateDataKeyPair, "+DSS+"),
        Line(.generateDataKeyPairWithoutPlaintext, "+DSS+"),
        Line(.sign, "+DSS+"),
        Line(.verify, "+DSS+"),
        Line(.generateMAC, "+DSS+"),
        Line(.verifyMAC, "+DSS+"),
        Line(.deriveSharedSecret, "+DSS+"),
        Line(.getPublicKey, "+DSS+"),
        // Only keys of origin EXTERNAL are ever pending import; they are refused for their origin.
        Line(.enableKeyRotation, "+D+S+"),
        Line(.disableKeyRotation, "+D+S+"),
        Line(.rotateKeyOnDemand, "+DSS+"),
        Line(.getKeyRotationStatus, "+++++"),
        Line(.listKeyRotations, "+++++"),
        Line(.getParametersForImport, "+++S+"),
        Line(.importKeyMaterial, "+++S+"),
        Line(.deleteImportedKeyMaterial, "+++++"),
        Line(.getKeyLastUsage, "+++++"),
        Line(.replicateKey, "+DSS+"),
        Line(.updatePrimaryRegion, "++SSS"),
    ]

    @Test(arguments: lines)
    func `permit what AWS's table permits`(line: Line) async throws {
        let arn = Scope.sample.keyARN(.random())
        for (state, answer) in zip(Self.states, line.answers) {
            switch answer {
            case "+": #expect(throws: Never.self, "\(state)") { try line.action.check(state, of: arn) }
            case "N":
                await expect(.invalidState, "\(arn) is not pending deletion.") {
                    try line.action.check(state, of: arn)
                }
            default:
                await expect(answer == "D" ? .disabled : .invalidState, "\(arn) \(state.sentence)") {
                    try line.action.check(state, of: arn)
                }
            }
        }
    }

    static let ofKeyStores: Set<KMSAction> = [
        .connectCustomKeyStore, .createCustomKeyStore, .deleteCustomKeyStore, .describeCustomKeyStores,
        .disconnectCustomKeyStore, .updateCustomKeyStore,
    ]

    @Test func `are decided on for every action`() {
        // These are done to no key.
        let keyless: Set<KMSAction> = [.createKey, .listKeys, .generateRandom, .listRetirableGrants]
        #expect(Set(Self.lines.map(\.action)).union(keyless).union(Self.ofKeyStores) == Set(KMSAction.allCases))
    }

    @Test(arguments: lines)
    func `are the same for a primary that waits for its replicas' end and a key that waits for its own`(line: Line) {
        let permitted = line.action.permittedStates
        #expect(permitted.contains(.pendingReplicaDeletion) == permitted.contains(.pendingDeletion))
    }

    @Test func `let a key be used while its primary changes, and nothing that the set shares be changed`() {
        let refused = Self.lines.map(\.action).filter { !$0.permittedStates.contains(.updating) }
        #expect(
            Set(refused) == [
                .enableKey, .disableKey, .cancelKeyDeletion, .enableKeyRotation, .disableKeyRotation,
                .rotateKeyOnDemand, .getParametersForImport, .importKeyMaterial, .replicateKey, .updatePrimaryRegion,
            ])
    }

    @Test(arguments: KMSAction.allCases)
    func `never let a key that is being made be used or changed`(action: KMSAction) async {
        let reads: Set<KMSAction> = [
            .describeKey, .getKeyLastUsage, .getKeyPolicy, .listAliases, .listKeyPolicies, .listResourceTags,
            .putKeyPolicy, .deleteAlias, .createKey, .listKeys, .generateRandom, .listGrants, .listRetirableGrants,
            .retireGrant, .revokeGrant,
        ]
        guard !reads.union(Self.ofKeyStores).contains(action) else { return }
        await expect(.invalidState) { try action.check(.creating, of: "a key") }
    }

    @Test func `are told in the words of AWS`() {
        let sentences = Dictionary(uniqueKeysWithValues: KeyState.allCases.map { ($0, $0.sentence) })
        #expect(sentences[.disabled] == "is disabled.")
        #expect(sentences[.pendingDeletion] == "is pending deletion.")
        #expect(sentences[.pendingImport] == "is pending import.")
        #expect(sentences[.unavailable] == "is unavailable.")
        #expect(Set(sentences.values).count == KeyState.allCases.count)
    }
}
