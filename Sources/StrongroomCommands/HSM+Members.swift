import HSMClient
import HSMWorkerProtocol

extension HSM {
    /// One of a key store's tokens, as the configuration has it.
    struct Member: Sendable {
        /// For the operator: `token 2 (pkcs11:…)`.
        let name: String
        var configuration: HSMClientConfiguration
    }

    /// All tokens of the key store, each with its own module, PIN, profile, environment and start lock.
    static func members(
        _ server: ServerConfiguration, _ profile: HSMProfile, _ state: StateDirectory, lock: ServerLock? = nil
    ) throws(CommandFailure) -> [Member] {
        let first = try configuration(server, profile, state, lock: lock)
        let others = server.hsm.members ?? []
        guard !others.isEmpty else { return [Member(name: server.hsm.token, configuration: first)] }
        var members = [Member(name: name(1, server.hsm.token), configuration: first)]
        for (number, member) in zip(2..., others) {
            let profile =
                try member.profile.map { (file) throws(CommandFailure) in try ProfileFile.load(state.resolve(file)) }
                ?? profile
            var configuration = first
            configuration.settings = WorkerSettings(
                modulePath: member.module, tokenURI: member.token, pinSource: try pinSource(member, number, state),
                profile: profile, startLockPath: state.startLock(ofMember: number))
            configuration.environment = ProfileFile.environment(profile, state)
            members.append(Member(name: name(number, member.token), configuration: configuration))
        }
        return members
    }

    private static func name(_ number: Int, _ token: String) -> String { "token \(number) (\(token))" }

    private static func pinSource(
        _ member: ServerConfiguration.Member, _ number: Int, _ state: StateDirectory
    ) throws(CommandFailure) -> PINSource {
        let source = try member.pin.source(in: state)
        do {
            _ = try InheritedPIN.of(source)
        } catch {
            throw CommandFailure(error.description, hint: "the pin of token \(number) under hsm.members names it")
        }
        return source
    }
}
