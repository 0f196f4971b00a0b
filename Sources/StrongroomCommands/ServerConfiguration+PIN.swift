import HSMWorkerProtocol

extension ServerConfiguration.PIN {
    /// The one source that is given.
    func source(in state: StateDirectory) throws(CommandFailure) -> PINSource {
        var sources: [PINSource] = []
        if let file { sources.append(.file(state.resolve(file))) }
        if let credential { sources.append(.credential(credential)) }
        if let command, !command.isEmpty { sources.append(.command(command)) }
        if let descriptor {
            guard descriptor > 2 else {
                throw CommandFailure(
                    "hsm.pin.descriptor cannot be \(descriptor)",
                    hint: "give a number above 2, and start the server with it open, as in: 3< FILE")
            }
            sources.append(.descriptor(descriptor))
        }
        if let env {
            guard !env.isEmpty, !env.contains("=") else {
                throw CommandFailure("hsm.pin.env is no name of a variable", hint: "name it without $ and =")
            }
            sources.append(.environment(env))
        }
        guard let source = sources.first, sources.count == 1 else {
            throw CommandFailure(
                "hsm.pin names no PIN source, or several",
                hint: "give exactly one of file:, credential:, command:, descriptor: and env:")
        }
        return source
    }
}
