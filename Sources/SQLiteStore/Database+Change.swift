internal import GRDB
internal import KMSCore

extension Database {
    /// Makes one change within the transaction that is under way. If it throws, all are undone.
    func make(_ change: MetadataChange) throws {
        switch change {
        case .saveKey(let key): try save(key)
        case .removeKey(let address): try remove(address)
        case .reserveEncryptions(let address, let material, let total):
            try setReservation(of: material, of: address, "max(reserved_encryptions, :total)", total)
        case .settleEncryptions(let address, let material, let total):
            try setReservation(of: material, of: address, ":total", total)
        case .saveAlias(let alias): try save(alias)
        case .removeAlias(let scope, let name): try removeAlias(name, in: scope)
        case .saveAccessKey(let key): try save(key)
        case .removeAccessKey(let id): try removeAccessKey(id)
        case .saveSystemKey(let purpose, let reference, let publicKey): try save(reference, publicKey, for: purpose)
        case .saveWrappingKey(let key): try save(key)
        case .removeWrappingKey(let object): try removeWrappingKey(object)
        case .saveLastUsages(let usages): try save(usages)
        case .saveGrant(let grant): try save(grant)
        case .removeGrant(let id, let address): try removeGrant(id, of: address)
        case .saveAccount(let account): try save(account)
        case .saveIdentity(let identity): try save(identity)
        case .removeIdentity(let key): try remove(key)
        case .saveManagedPolicy(let policy): try save(policy)
        case .removeManagedPolicy(let arn): try removeManagedPolicy(arn)
        case .saveMultiFactorDevice(let device): try save(device)
        case .removeMultiFactorDevice(let serialNumber): try removeMultiFactorDevice(serialNumber)
        case .saveSession(let session): try save(session)
        case .removeSessions(let ids): try removeSessions(ids)
        case .saveCustomKeyStore(let store): try save(store)
        case .removeCustomKeyStore(let id): try removeCustomKeyStore(id)
        case .saveXKSStore(let store): try save(store)
        case .removeXKSStore(let prefix): try removeXKSStore(prefix)
        case .saveXKSCredential(let credential): try save(credential)
        case .removeXKSCredential(let id): try removeXKSCredential(id)
        case .saveOutboxItem(let item): try save(item)
        case .removeOutboxItems(let ids): try removeOutboxItems(ids)
        }
    }

    /// Runs one statement; GRDB keeps it prepared for the next time.
    func run(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    private func save(_ alias: Alias) throws {
        try run(
            """
            INSERT INTO alias (account, region, name, key_id, creation_date, last_updated_date)
            VALUES (:account, :region, CAST(:name AS TEXT), :key_id, :creation_date, :last_updated_date)
            ON CONFLICT DO UPDATE SET
                key_id = excluded.key_id,
                creation_date = excluded.creation_date,
                last_updated_date = excluded.last_updated_date
            """,
            [
                "account": alias.scope.account.description, "region": alias.scope.region.description,
                "name": alias.name.exactly, "key_id": alias.target.description,
                "creation_date": alias.creationDate.milliseconds,
                "last_updated_date": alias.lastUpdatedDate.milliseconds,
            ]
        )
    }

    private func removeAlias(_ name: String, in scope: Scope) throws {
        try run(
            "DELETE FROM alias WHERE account = :account AND region = :region AND name = CAST(:name AS TEXT)",
            ["account": scope.account.description, "region": scope.region.description, "name": name.exactly]
        )
    }

    private func save(_ key: AccessKey) throws {
        try run(
            """
            INSERT INTO access_key (id, principal_account, principal_arn, sealed_secret, is_active, creation_date)
            VALUES (:id, :principal_account, CAST(:principal_arn AS TEXT), :sealed_secret, :is_active, :creation_date)
            ON CONFLICT DO UPDATE SET
                principal_account = excluded.principal_account,
                principal_arn = excluded.principal_arn,
                sealed_secret = excluded.sealed_secret,
                is_active = excluded.is_active,
                creation_date = excluded.creation_date
            """,
            [
                "id": key.id, "principal_account": key.principal.account.description,
                "principal_arn": key.principal.arn.exactly, "sealed_secret": key.sealedSecret.bytes.blob,
                "is_active": key.isActive, "creation_date": key.creationDate.milliseconds,
            ]
        )
    }

    private func removeAccessKey(_ id: String) throws {
        try run("DELETE FROM access_key WHERE id = :id", ["id": id])
    }

    private func save(_ reference: MaterialReference, _ publicKey: [UInt8], for purpose: SystemKeyPurpose) throws {
        try run(
            """
            INSERT INTO system_key (purpose, object_id, check_value, public_key)
            VALUES (:purpose, :object_id, :check_value, :public_key)
            ON CONFLICT (purpose) DO UPDATE SET
                object_id = excluded.object_id, check_value = excluded.check_value, public_key = excluded.public_key
            """,
            [
                "purpose": purpose.rawValue, "object_id": reference.object.bytes.blob,
                "check_value": reference.checkValue.blob, "public_key": publicKey.blob,
            ]
        )
    }
}
