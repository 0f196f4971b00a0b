internal import GRDB

/// Whose file it is, and which version's.
enum Schema {
    /// In the file's header (`PRAGMA application_id`): "STRG". Tells our databases from any others, to `file` too.
    static let applicationID: Int32 = 0x5354_5247

    /// Every step from an empty file to this version's schema. A released step is never edited: a later one amends it.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { db in
            try db.execute(sql: version1)
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        }
        migrator.registerMigration("v2") { db in
            try db.execute(sql: version2)
        }
        migrator.registerMigration("v3") { db in
            try db.execute(sql: version3)
            try db.execute(sql: version3Credentials)
            try populateVersion3(db)
        }
        migrator.registerMigration("v4 custom key stores") { db in
            try db.execute(sql: customKeyStores)
        }
        migrator.registerMigration("v5 xks-proxy") { db in
            try db.execute(sql: xksProxy)
        }
        migrator.registerMigration("v6 multi-Region keys") { db in
            try db.execute(sql: multiRegion)
        }
        migrator.registerMigration("v7 external key stores") { db in
            try db.execute(sql: externalKeyStores)
        }
        return migrator
    }

    /// Throws for a database that another program made, and for one that a newer version has migrated: its meaning is
    /// not known here.
    static func refuseForeignOrNewer(_ db: Database) throws {
        let id = try Int32.fetchOne(db, sql: "PRAGMA application_id")
        guard try id == applicationID || (id == 0 && isBlank(db)) else {
            throw StoreFailure("the file is a database, but not one of strongroom's: name another path")
        }
        guard try !migrator.hasBeenSuperseded(db) else {
            let unknown = try migrator.appliedIdentifiers(db).subtracting(migrator.migrations).sorted()
            throw StoreFailure(
                "the database was migrated by a newer version of strongroom (\(unknown.joined(separator: ", "))): "
                    + "run that version, or restore the backup made before the upgrade"
            )
        }
    }

    /// Throws for a database that is yet to be migrated.
    static func refuseOlder(_ db: Database) throws {
        guard try migrator.hasCompletedMigrations(db) else {
            throw StoreFailure(
                "the database was made by an older version of strongroom or is still empty: "
                    + "start the server once to bring it up to date"
            )
        }
    }

    /// Whether nothing was ever stored. A crash before the first migration's end leaves GRDB's own table.
    private static func isBlank(_ db: Database) throws -> Bool {
        try Int.fetchOne(
            db,
            sql: "SELECT count(*) FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*' AND name <> 'grdb_migrations'"
        ) == 0
    }
}
