internal import GRDB
internal import KMSCore

extension Database {
    func save(_ device: MFADevice) throws {
        try run(
            """
            INSERT INTO mfa_device (account, name, user, sealed_secret, creation_date, enable_date, last_step)
            VALUES (
                :account, CAST(:name AS TEXT), CAST(:user AS TEXT), :sealed_secret, :creation_date, :enable_date,
                :last_step
            )
            ON CONFLICT DO UPDATE SET
                user = excluded.user, sealed_secret = excluded.sealed_secret,
                creation_date = excluded.creation_date, enable_date = excluded.enable_date,
                last_step = excluded.last_step
            """,
            [
                "account": device.account.description, "name": device.name.exactly, "user": device.user?.exactly,
                "sealed_secret": device.sealedSecret.bytes.blob, "creation_date": device.creationDate.milliseconds,
                "enable_date": device.enableDate?.milliseconds, "last_step": device.lastStep,
            ]
        )
    }

    /// A device that is not there is no error: that is how a retry ends.
    func removeMultiFactorDevice(_ serialNumber: String) throws {
        try run(
            """
            DELETE FROM mfa_device
            WHERE 'arn:aws:iam::' || account || ':mfa/' || name = CAST(:serial_number AS TEXT)
            """,
            ["serial_number": serialNumber.exactly]
        )
    }

    func readMultiFactorDevices() throws -> [MFADevice] {
        try rows(
            """
            SELECT account, CAST(name AS BLOB) AS name, CAST(user AS BLOB) AS user, sealed_secret, creation_date,
                enable_date, last_step
            FROM mfa_device ORDER BY account, mfa_device.name
            """,
            of: "mfa_device", keyedBy: ["account", "name"]
        ) { row in
            MFADevice(
                account: try row.account("account"), name: try row.exactText("name"),
                user: try row.optional("user", row.exactText), sealedSecret: try row.sealed("sealed_secret"),
                creationDate: try row.timestamp("creation_date"),
                enableDate: try row.optional("enable_date", row.timestamp), lastStep: try row.integer("last_step")
            )
        }
    }
}
