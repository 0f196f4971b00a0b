import ArgumentParser
import KMSAPIClient

struct IdentityApply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Bring about the users, roles, services and policies that a file describes.",
        discussion: """
            strongroom identity apply identities.yaml --dry-run --state DIR
            strongroom identity apply identities.yaml --prune --state DIR

            A second time there is nothing to do. With --dry-run nothing is changed, and the exit status is 0 if there \
            is nothing to do, 2 if there is, and 1 for errors. docs/identities.md explains the file.
            """
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The file, in YAML; - is the standard input.")
    var file: String

    @Flag(help: "Show what would be done.")
    var dryRun = false

    @Flag(help: "Delete what earlier files made and this one does not have any more.")
    var prune = false

    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        let wanted = try IdentityFile.read(file)
        try await options.withClient { client in
            let state = try await IdentityState.read(wanted, prune: prune, client)
            let plan = try IdentityPlan(wanted, from: state, prune: prune)
            try options.show(
                JSONValue.object(["Changes": .array(plan.steps.map(\.json)), "Applied": .bool(!dryRun)]), plan.text)
            guard !plan.steps.isEmpty else { return }
            if dryRun { throw ExitCode(2) }
            if plan.steps.contains(where: \.takesAway) {
                try confirmation.ask("This takes away what is marked with -", otherwise: "nothing was changed")
            }
            try await carryOut(plan, client)
            note("done: \(plan.summary)")
        }
    }

    private func carryOut(_ plan: IdentityPlan, _ client: KMSAPIClient) async throws {
        for (index, step) in plan.steps.enumerated() {
            do {
                for call in step.calls { _ = try await client.call(call) }
            } catch {
                note(
                    "\(index) of \(plan.steps.count) steps were done; this one failed: \(step.title)"
                )
                note("mend the file or what is in the way, and apply it again: what is done is not done twice")
                throw error
            }
        }
    }
}

extension IdentityPlan {
    var summary: String {
        func count(_ kind: PlanStep.Kind) -> Int { steps.count { $0.kind == kind } }
        return "\(count(.add)) added, \(count(.change)) changed, \(count(.remove)) removed"
    }

    var text: String {
        steps.isEmpty ? "Everything is as it should be." : steps.map(\.text).joined(separator: "\n")
    }
}
