import FoundationEssentials
import HSMClient
import HSMWorkerProtocol
import KMSAPIClient
import LibCrypto

extension ImportKeyMaterial {
    /// Everything in one go.
    func importWhole() async throws {
        let expiry = try expiry()
        let source = try sources.source()
        let reader = MaterialReader(source: source, passphrase: sources.passphrase)
        try reader.prepare()
        try await options.withClient { client in
            let target = try await target(client)
            if case .generated = source, target.hasMaterial, !newMaterial {
                throw CommandFailure(
                    "the key has key material, and takes only the same again",
                    hint: "add --new-material to bring in more, which `strongroom key rotate` then makes current"
                )
            }
            let wrapped =
                if case .token(let token) = source {
                    try await wrapInToken(token, target, client)
                } else {
                    try await wrapHere(reader, target, client)
                }
            var report = try await send(wrapped.bytes, wrapped.parameters, expiry, client)
            report.Source = source.text
            report.Alias = newKey.aliasName
            report.Mechanisms = wrapped.mechanisms
            report.Notes = wrapped.notes + report.Notes
            try show(report)
        }
    }

    func getParameters() async throws {
        let path = out ?? ""
        try ImportParameters.check(path)
        try await options.withClient { client in
            let target = try await target(client)
            let (key, wrapping) = try choices(target, fromToken: false)
            let parameters = try await request(wrapping, key, try await made(target, client), client)
            let file = try parameters.write(to: path)
            var report = report(parameters)
            report.ParametersValidTo = parameters.ParametersValidTo
            report.Out = file
            report.Alias = newKey.aliasName
            try show(report)
        }
    }

    /// Without any network: the parameters say all.
    func wrapOffline() async throws {
        let path = out ?? ""
        try NewFile.check(path)
        let source = try sources.source()
        let parameters = try ImportParameters.read(self.parameters ?? "")
        let spec = try MaterialSpec(parameters.KeySpec)
        let wrapping = try WrappingAlgorithm(named: parameters.WrappingAlgorithm)
        try wrapping.check(spec, under: WrappingKeySpec(named: parameters.WrappingKeySpec))
        let key = try parameters.wrappingKey()
        var report = report(parameters)
        report.Source = source.text
        report.Out = path
        report.ParametersValidTo = parameters.ParametersValidTo
        if parameters.ParametersValidTo <= Date() {
            report.Notes.append("the parameters have expired by this machine's clock: the server may refuse them")
        }
        if case .token(let token) = source {
            do {
                let exported = try await token.wrap(under: Array(parameters.PublicKey), wrapping)
                try exported.check(spec)
                report.Mechanisms = exported.mechanisms
                try NewFile.write(exported.wrapped, to: path)
            } catch let error as WorkerTaskError {
                throw failure(error)
            }
        } else {
            let reader = MaterialReader(source: source, passphrase: sources.passphrase)
            try reader.prepare()
            try NewFile.write(try wrapping.wrapMaterial(try reader.read(for: spec), under: key), to: path)
        }
        try show(report)
    }

    func importWrapped() async throws {
        let expiry = try expiry()
        let parameters = try ImportParameters.read(self.parameters ?? "")
        let path = wrapped ?? ""
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw CommandFailure("the wrapped key material \(path) cannot be read: \(errorText())")
        }
        try await options.withClient { client in
            var report = try await send(Array(bytes), parameters, expiry, client)
            report.Source = "the file \(path), wrapped before"
            try show(report)
        }
    }
}
