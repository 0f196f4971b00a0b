import ArgumentParser

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Look for mistakes in policies and keys, and tell why somebody may do something or not.",
        discussion: """
            strongroom policy lint --state DIR
            strongroom policy explain --state DIR --principal arn:aws:iam::111122223333:user/ann --action kms:Decrypt \
            --key alias/payroll
            """,
        subcommands: [PolicyLint.self, PolicyExplain.self]
    )
}
