import HSMClient
import HSMWorkerProtocol
import KMSCore
import KMSTesting
import Logging
import Testing

/// The contract on the other real tokens: in full where they can, and where they lack something, that it is refused by
/// the name of what is missing.
@Suite struct `The key backend contract on real tokens` {
    @Test(arguments: KeyBackendContract.facts)
    func `holds for NSS softoken`(fact: KeyBackendContract.Fact) async throws {
        try await TokenRig.shared(.nss).check(fact)
    }

    @Test(arguments: KeyBackendContract.facts)
    func `holds for openCryptoki's soft token, with encrypt-then-MAC`(fact: KeyBackendContract.Fact) async throws {
        try await TokenRig.shared(.openCryptoki).check(fact)
    }

    /// It signs, but confuses its handles as soon as keys come and go, which docs/conformance/tpm2.md shows: so no more of
    /// the contract holds than what is refused.
    @Test func `TPM 2.0 refuses what it lacks`() async throws {
        let rig = try await TokenRig.shared(.tpm2)
        try await KeyBackendContract(rig.client, missing: TestToken.Kind.tpm2.missing).checkRefusals()
    }

    @Test(arguments: KeyBackendContract.facts)
    func `holds for SoftHSM behind p11-kit's remoting`(fact: KeyBackendContract.Fact) async throws {
        try await TokenRig.shared(.p11KitRemote).check(fact)
    }
}

extension TestToken.Kind {
    private typealias Ability = KeyBackendContract.Ability

    /// What the token cannot do, and what the worker says of that.
    var missing: [KeyBackendContract.Ability: String] {
        switch self {
        case .softHSM2: [:]
        case .nss: Self.nss
        case .openCryptoki: Self.openCryptoki
        case .tpm2: Self.tpm2
        case .p11KitRemote: Self.p11KitRemote
        }
    }

    private static let curves = [KeySpec.p256, .p384, .p521, .secp256k1]
    private static let noEd25519Key: [Ability: String] = [
        .key(.edwards25519, .signVerify): "CKM_EC_EDWARDS_KEY_PAIR_GEN"
    ]
    private static let noEd25519: [Ability: String] = [
        .key(.edwards25519, .signVerify): "CKM_EC_EDWARDS_KEY_PAIR_GEN",
        .dataKeyPair(.edwards25519): "CKM_EC_EDWARDS_KEY_PAIR_GEN", .importing(.edwards25519, .signVerify): "CKM_E",
    ]

    private static let nss = noEd25519.and([
        .key(.secp256k1, .signVerify): "CKM_EC_KEY_PAIR_GEN makes no key ECC_SECG_P256K1",
        .dataKeyPair(.secp256k1): "CKM_EC_KEY_PAIR_GEN makes no key ECC_SECG_P256K1",
        .importing(.secp256k1, .signVerify): "ECC_SECG_P256K1",
        // Whatever the template says, it lets such a key do everything.
        .importing(.rsa2048, .signVerify): "CKM_AES_KEY_WRAP_KWP",
        .importing(.rsa2048, .encryptDecrypt): "CKM_AES_KEY_WRAP_KWP",
    ])

    private static let openCryptoki = noEd25519.and([
        .key(.hmac224, .generateVerifyMAC): "CKM_SHA224_HMAC",
        .importing(.hmac224, .generateVerifyMAC): "CKM_SHA224_HMAC",
        .importing(.symmetricDefault, .encryptDecrypt): "CKM_AES_GCM",
        .importing(.rsa2048, .signVerify): "CKM_AES_KEY_WRAP_PAD or CKM_AES_KEY_WRAP_KWP",
        .importing(.rsa2048, .encryptDecrypt): "CKM_AES_KEY_WRAP_PAD or CKM_AES_KEY_WRAP_KWP",
    ]).and(.lacking(curves, "CKM_EC_KEY_PAIR_GEN"))

    private static let tpm2 = noEd25519Key.and([
        .symmetric: "CKM_AES_", .importing(.symmetricDefault, .encryptDecrypt): "CKM_AES_",
        .key(.rsa4096, .signVerify): "CKM_RSA_PKCS_KEY_PAIR_GEN makes no key RSA_4096",
        .key(.secp256k1, .signVerify): "CKM_EC_KEY_PAIR_GEN makes no key ECC_SECG_P256K1",
    ]).and(.macs([.hmac224, .hmac256, .hmac384, .hmac512], "CKM_")).and(.noAgreement)

    private static let p11KitRemote = noEd25519.and([
        .symmetric: "CKM_AES_GCM", .importing(.symmetricDefault, .encryptDecrypt): "CKM_AES_GCM",
        .importing(.rsa2048, .signVerify): "CKM_AES_KEY_WRAP_PAD or CKM_AES_KEY_WRAP_KWP",
        .importing(.rsa2048, .encryptDecrypt): "CKM_AES_KEY_WRAP_PAD or CKM_AES_KEY_WRAP_KWP",
    ]).and(.macs([.hmac224], "CKM_SHA224_HMAC")).and(.noAgreement)
}

extension [KeyBackendContract.Ability: String] {
    fileprivate func and(_ others: Self) -> Self { merging(others) { $1 } }

    /// All that is done with keys on these curves.
    fileprivate static func lacking(_ specs: [KeySpec], _ name: String) -> Self {
        specs.reduce(into: [:]) { all, spec in
            all[.key(spec, .signVerify)] = name
            all[.key(spec, .keyAgreement)] = name
            all[.dataKeyPair(spec)] = name
            all[.importing(spec, .signVerify)] = "CKM_E"
            all[.importing(spec, .keyAgreement)] = "CKM_E"
        }
    }

    fileprivate static func macs(_ specs: [KeySpec], _ name: String) -> Self {
        specs.reduce(into: [:]) { all, spec in
            all[.key(spec, .generateVerifyMAC)] = name
            all[.importing(spec, .generateVerifyMAC)] = name
        }
    }

    fileprivate static let noAgreement: Self = [KeySpec.p256, .p384, .p521].reduce(into: [:]) { all, spec in
        all[.key(spec, .keyAgreement)] = "CKM_ECDH1_DERIVE"
        all[.importing(spec, .keyAgreement)] = "CKM_ECDH1_DERIVE"
    }
}

/// A client with real workers on a token of a kind, used as its profile in `hsm-config/` says.
final class TokenRig: Sendable {
    let token: TestToken
    let client: HSMClient

    init(_ kind: TestToken.Kind) throws {
        token = try TestToken(kind)
        var configuration = HSMClientConfiguration(
            workerProgram: try token.starter(of: Program.built("strongroom-hsm-worker")),
            settings: token.workerSettings(), environment: token.environment
        )
        // What a call may take is no part of the contract, and these facts are checked all at once.
        configuration.settings.profile.callTimeout = 60
        client = HSMClient(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    deinit {
        client.stop()
    }

    func check(_ fact: KeyBackendContract.Fact) async throws {
        try await KeyBackendContract(client, missing: token.kind.missing).check(fact)
    }

    // MARK: One for all facts, as they mind no others' keys

    private static let all = Shared()

    static func shared(_ kind: TestToken.Kind) async throws -> TokenRig { try await all.rig(kind) }

    private actor Shared {
        private var tasks: [TestToken.Kind: Task<TokenRig, any Error>] = [:]

        func rig(_ kind: TestToken.Kind) async throws -> TokenRig {
            let task =
                tasks[kind]
                ?? Task {
                    let rig = try await Program.offPool { try TokenRig(kind) }
                    _ = try await rig.client.tokenReport()
                    return rig
                }
            tasks[kind] = task
            return try await task.value
        }
    }
}
