import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Prove that the audit log is as it was written, and look into it.",
        discussion: "strongroom audit verify --state /var/lib/strongroom",
        subcommands: [AuditVerify.self, AuditTail.self, AuditPublicKey.self]
    )
}
