import ArgumentParser
import FoundationEssentials
import Glibc
import HSMClient
import HSMWorkerProtocol
import SecureMemory

/// Which token conformance checks are run on, and how it is reached.
struct ConformanceSource: ParsableArguments {
    @Option(help: "The PKCS#11 module, an absolute path. (default: the first of the profile's that is there)")
    var module: String?

    @Option(
        help: """
            The token's PKCS#11 URI (RFC 7512), with module-path and pin-source where there are no options for them.
            """)
    var token: String?

    @Option(help: "A file with the token's PIN, of mode 0600. Without it the PIN is asked for on the terminal.")
    var pinFile: String?

    @Option(help: "The profile to run with: a file, or the name of one in hsm-config/. (default: generic)")
    var profile: String?

    @Option(
        help: """
            A server's state directory, for what is not given otherwise; also what ${STATE} in the profile stands for.
            """)
    var state: String?

    /// What the checks are run with.
    struct Target {
        let configuration: HSMClientConfiguration
        let profile: HSMProfile
    }

    func target() throws(CommandFailure) -> Target {
        let directory = state.map { StateDirectory($0) }
        let profile = try readProfile(directory)
        // What is said here is not looked for in a server's configuration.
        if token == nil, module == nil, let directory {
            var configuration = try HSM.configuration(ServerConfiguration.load(directory), profile, directory)
            if let pinFile { configuration.settings.pinSource = .file(TokenAddress.absolute(pinFile)) }
            return Target(configuration: configuration, profile: profile)
        }
        guard let token else {
            throw CommandFailure(
                "no token is named",
                hint: "give --token 'pkcs11:token=LABEL', or --state and a server's state directory")
        }
        let isNamed = module != nil || token.contains("module-path=")
        let address = try TokenAddress(
            token, module: isNamed ? module : profile.installedModule, pinFile: pinFile)
        if directory == nil, let arguments = profile.initArguments, arguments.contains("${STATE}") {
            throw CommandFailure(
                "the profile's initArguments are \(arguments), and there is no state directory",
                hint: "give --state DIR, or the profile with the folder's path in it")
        }
        let settings = WorkerSettings(
            modulePath: address.module, tokenURI: address.uri, pinSource: try pinSource(address),
            profile: directory.map { ProfileFile.expand(profile, $0) } ?? profile,
            startLockPath: directory?.startLock)
        return Target(
            configuration: HSMClientConfiguration(
                workerProgram: try HSM.workerProgram(), settings: settings,
                environment: try environment(profile, directory)),
            profile: profile)
    }

    private func readProfile(_ directory: StateDirectory?) throws(CommandFailure) -> HSMProfile {
        if let profile { return try ProfileFile.load(ProfileFile.locate(profile)) }
        if let directory, unsafe access(directory.profile, R_OK) == 0 { return try ProfileFile.load(directory.profile) }
        return HSMProfile()
    }

    /// Typed in, the PIN waits in a pipe: it is taken from there once, and handed to each worker in one of its own.
    private func pinSource(_ address: TokenAddress) throws(CommandFailure) -> PINSource {
        if let pin = address.pin { return pin }
        let pin = try SecretAnswer.ask("User PIN of the token: ", "give --pin-file and a file of mode 0600")
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw CommandFailure("no pipe can be made: \(errorText())") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let written = pin.withExposedBytes { span in
            unsafe span.withUnsafeBytes { unsafe write(ends[1], $0.baseAddress, $0.count) }
        }
        close(ends[1])
        guard written == pin.count else { throw CommandFailure("a pipe cannot be written to: \(errorText())") }
        return .descriptor(ends[0])
    }

    /// With a state directory, what a server's workers get. Else the module finds its configuration as it does for any
    /// program of the user, and what the profile says of it counts where it needs no state directory.
    private func environment(
        _ profile: HSMProfile, _ directory: StateDirectory?
    ) throws(CommandFailure) -> [String: String] {
        if let directory { return ProfileFile.environment(profile, directory) }
        var environment = TokenAddress.environment
        for (name, value) in profile.environment.sorted(by: { $0.key < $1.key }) {
            if !value.contains("${STATE}") {
                environment[name] = value
            } else if environment[name] == nil {
                throw CommandFailure(
                    "the profile sets \(name) to \(value), and there is no state directory",
                    hint: "give --state DIR, or set \(name) in the environment")
            }
        }
        return environment
    }
}
