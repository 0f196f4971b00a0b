import KMSCore
import KMSTesting
import SQLiteStore
import Testing

/// A row that was edited, or that a fault has damaged, must stop the start: a key that is silently left out would look
/// deleted.
@Suite struct `A row that cannot be read` {
    struct Damage: Sendable, CustomTestStringConvertible {
        let sql: String
        let table: String
        let what: String
        var testDescription: String { sql }

        init(_ sql: String, _ table: String, _ what: String) {
            self.sql = sql
            self.table = table
            self.what = what
        }
    }

    private static let withoutKeys = """
        DELETE FROM key; DELETE FROM key_material; DELETE FROM key_tag; DELETE FROM key_policy_principal
        """

    static let damages = [
        Damage("UPDATE key SET account = 'hush'", "table key ", "account cannot be read"),
        Damage("UPDATE key SET region = 'hush'", "table key ", "region cannot be read"),
        Damage("UPDATE key SET id = 'hush'", "table key ", "id cannot be read"),
        Damage("UPDATE key SET usage = 'hush'", "table key ", "usage cannot be read"),
        Damage("UPDATE key SET origin = 'hush'", "table key ", "origin cannot be read"),
        Damage("UPDATE key SET lifecycle = 'hush'", "table key ", "lifecycle cannot be read"),
        Damage("UPDATE key SET policy = CAST(x'ff' AS TEXT)", "table key ", "policy cannot be read"),
        Damage("UPDATE key SET current_material = -1", "table key ", "current_material cannot be read"),
        Damage("UPDATE key SET current_material = 2", "table key ", "its current material 2 is not there"),
        Damage("UPDATE key SET manager = 'hush'", "table key ", "manager cannot be read"),
        Damage("UPDATE key SET rotation_period = -1", "table key ", "rotation_period cannot be read"),
        Damage("UPDATE key SET on_demand_rotations = -1", "table key ", "on_demand_rotations cannot be read"),
        Damage("DELETE FROM key_material", "table key ", "its current material 1 is not there"),
        Damage("DELETE FROM key", "table key_material ", "which is not in table key"),
        Damage("DELETE FROM key; DELETE FROM key_material", "table key_tag ", "which is not in table key"),
        Damage(
            "DELETE FROM key; DELETE FROM key_material; DELETE FROM key_tag", "table key_policy_principal ",
            "which is not in table key"
        ),
        Damage(withoutKeys, "table alias ", "which is not in table key"),
        Damage(withoutKeys + "; DELETE FROM alias", "table key_last_usage ", "which is not in table key"),
        Damage(
            withoutKeys + "; DELETE FROM alias; DELETE FROM key_last_usage", "table key_grant ",
            "which is not in table key"
        ),
        Damage("UPDATE key_material SET id = x'01'", "table key_material ", "id cannot be read"),
        Damage("UPDATE key_material SET object_id = x'01'", "table key_material ", "object_id cannot be read"),
        Damage("UPDATE key_material SET number = 4294967296", "table key_material ", "number cannot be read"),
        Damage(
            "UPDATE key_material SET reserved_encryptions = -1", "table key_material ",
            "reserved_encryptions cannot be read"
        ),
        Damage("UPDATE key_material SET stage = 'hush'", "table key_material ", "stage cannot be read"),
        Damage(
            "UPDATE key_material SET is_pending_rotation = 2", "table key_material ",
            "is_pending_rotation cannot be read"
        ),
        Damage("UPDATE key_material SET rotation_kind = 'hush'", "table key_material ", "rotation_kind cannot be read"),
        Damage("UPDATE key_material SET rotation_kind = NULL", "table key_material ", "rotation_kind cannot be read"),
        Damage("UPDATE key_material SET rotation_date = NULL", "table key_material ", "rotation_date cannot be read"),
        Damage("UPDATE key_material SET import_place = 'hush'", "table key_material ", "import_place cannot be read"),
        Damage("UPDATE key_material SET import_place = NULL", "table key_material ", "import_place cannot be read"),
        Damage(
            "UPDATE key_material SET import_description = NULL", "table key_material ",
            "import_description cannot be read"
        ),
        Damage("UPDATE wrapping_key SET object_id = x'01'", "table wrapping_key ", "object_id cannot be read"),
        Damage("UPDATE wrapping_key SET key_id = 'hush'", "table wrapping_key ", "key_id cannot be read"),
        Damage(
            "UPDATE key_last_usage SET operation = CAST(x'ff' AS TEXT)", "table key_last_usage ",
            "operation cannot be read"
        ),
        Damage("UPDATE key_tag SET value = CAST(x'c3' AS TEXT)", "table key_tag ", "value cannot be read"),
        Damage("UPDATE alias SET key_id = 'hush'", "table alias ", "key_id cannot be read"),
        Damage("UPDATE access_key SET is_active = 2", "table access_key ", "is_active cannot be read"),
        Damage("UPDATE access_key SET sealed_secret = x'01'", "table access_key ", "sealed_secret cannot be read"),
        Damage("UPDATE system_key SET object_id = x''", "table system_key ", "object_id cannot be read"),
        Damage(
            "UPDATE key_policy_principal SET unique_id = CAST(x'ff' AS TEXT)", "table key_policy_principal ",
            "unique_id cannot be read"
        ),
        Damage("UPDATE key_grant SET constraint_kind = 'hush'", "table key_grant ", "constraint_kind cannot be read"),
        Damage("UPDATE key_grant SET constraint_kind = NULL", "table key_grant ", "constraint_kind cannot be read"),
        Damage("UPDATE key_grant SET is_for_service = 2", "table key_grant ", "is_for_service cannot be read"),
        Damage("DELETE FROM key_grant", "table key_grant_", "which is not in table key_grant"),
        Damage("UPDATE account SET id = 'hush'", "table account ", "id cannot be read"),
        Damage(
            "UPDATE identity_policy SET document = CAST(x'ff' AS TEXT)", "table identity_policy ", "document cannot"),
        Damage("UPDATE identity SET kind = 'hush'", "table identity ", "kind cannot be read"),
        Damage("UPDATE identity SET trust_policy = CAST(x'ff' AS TEXT)", "table identity ", "trust_policy cannot be"),
        Damage(
            "UPDATE identity SET maximum_session_duration = -1", "table identity ",
            "maximum_session_duration cannot be read"
        ),
        Damage("DELETE FROM identity", "table identity_policy ", "which is not in table identity"),
        Damage("UPDATE identity SET name = 'app'", "table identity_policy ", #"the user "alice" of account 1111"#),
        Damage(
            "DELETE FROM identity; DELETE FROM identity_policy", "table identity_attachment ",
            "which is not in table identity"
        ),
        Damage("DELETE FROM managed_policy", "table managed_policy_version ", "which is not in table managed_policy"),
        Damage("DELETE FROM managed_policy_version", "table managed_policy ", "its default version is not there"),
        Damage("UPDATE managed_policy SET default_version = 'v7'", "table managed_policy ", "its default version"),
        Damage("UPDATE mfa_device SET sealed_secret = x'01'", "table mfa_device ", "sealed_secret cannot be read"),
        Damage("UPDATE session SET kind = 'hush'", "table session ", "kind cannot be read"),
        Damage("UPDATE session SET sealed_secret = x''", "table session ", "sealed_secret cannot be read"),
        Damage("DELETE FROM session", "table session_policy ", "which is not in table session"),
        Damage("UPDATE key SET custom_key_store = 'hush'", "table key ", "custom_key_store cannot be read"),
        Damage(
            "UPDATE key SET custom_key_store = 'cks-00000000000000000'", "table key ",
            "which is not in table custom_key_store"
        ),
        Damage(
            "UPDATE custom_key_store SET connection_state = 'hush'", "table custom_key_store ",
            "connection_state cannot be read"
        ),
        Damage(
            "UPDATE custom_key_store SET connection_error = 'INTERNAL_ERROR'", "table custom_key_store ",
            "connection_state cannot be read"
        ),
        Damage("UPDATE custom_key_store SET type = 'hush'", "table custom_key_store ", "a type that is not known"),
        Damage("UPDATE custom_key_store SET id = 'hush'", "table custom_key_store ", "id cannot be read"),
        Damage("DELETE FROM custom_key_store_cluster", "table custom_key_store ", "what it stands on is not there"),
        Damage(
            "DELETE FROM custom_key_store", "table custom_key_store_cluster ",
            "which is not in table custom_key_store"
        ),
        Damage(
            "UPDATE custom_key_store_cluster SET sealed_password = x'01'", "table custom_key_store_cluster ",
            "sealed_password cannot be read"
        ),
        Damage("UPDATE outbox SET queue = 'hush'", "table outbox ", "queue cannot be read"),
    ]

    @Test(arguments: damages)
    func `is an error that names its table and key, but not what it holds`(damage: Damage) async throws {
        let folder = try TemporaryFolder()
        var key = Key.sample()
        key.policyPrincipals = ["arn:aws:iam::111122223333:role/app": "AROAB"]
        key.materials[0].rotation = .init(date: key.creationDate, kind: .onDemand)
        key.materials[0].imported = .init(validTo: key.creationDate, description: "from-vault", place: .token)
        let keyStore = CustomKeyStore.sample()
        key.customKeyStore = keyStore.id
        try await folder.open().commit([
            .saveCustomKeyStore(keyStore), .saveKey(key), .saveAlias(.sample(of: key)), .saveAccessKey(.sample()),
            .saveSystemKey(.credentials, MaterialReference(object: .random(), checkValue: [])),
            .saveWrappingKey(.sample(for: key.address)), .saveLastUsages([key.address: .sample()]),
            .saveGrant(.sample(on: key)), .saveAccount(.sample()), .saveIdentity(.sample()),
            .saveManagedPolicy(.sample()), .saveMultiFactorDevice(.sample()), .saveSession(.sample()),
            .saveOutboxItem(.sample()),
        ])
        try folder.tamper(damage.sql)
        let store = try folder.open()
        let error = await #expect(throws: KMSError.self) { try await store.load() }
        #expect(error?.code == .internalFailure)
        let cause = try #require(error?.cause)
        #expect(cause.contains(damage.table), "the cause is: \(cause)")
        #expect(cause.contains(damage.what), "the cause is: \(cause)")
        for stored in ["2012-10-17", "blue", "user/alice", "from-vault"] { #expect(!cause.contains(stored)) }
    }

    @Test func `tells which key it is`() async throws {
        let folder = try TemporaryFolder()
        let keys = (0..<10).map { _ in Key.sample() }
        try await folder.open().commit(keys.map { .saveKey($0) })
        let id = keys[6].address.id.description
        try folder.tamper("UPDATE key SET lifecycle = 'hush' WHERE id = '\(id)'")
        let error = await #expect(throws: KMSError.self) { try await folder.open().load() }
        let cause = try #require(error?.cause)
        #expect(cause.contains(#"account "111122223333", region "eu-central-1", id "\#(id)": lifecycle"#))
        #expect(!cause.contains("hush"))
    }
}
