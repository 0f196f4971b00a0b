import FoundationEssentials
import HSMClient
import HSMWorkerProtocol
import KMSAPIClient
import LibCrypto
import SecureMemory

extension ImportKeyMaterial {
    /// Wrapped key material, and what it was wrapped with.
    struct Wrapped {
        var parameters: ImportParameters
        var bytes: [UInt8]
        var mechanisms: [String]?
        var notes: [String] = []
    }

    /// Material that comes into this process: all that can be wrong with it is found before the server is asked.
    func wrapHere(
        _ reader: MaterialReader, _ target: Target, _ client: KMSAPIClient
    ) async throws -> Wrapped {
        let (key, wrapping) = try choices(target, fromToken: false)
        let material = try reader.read(for: target.spec)
        let target = try await made(target, client)
        let parameters = try await request(wrapping, key, target, client)
        let bytes = try wrapping.wrapMaterial(material, under: try parameters.wrappingKey())
        return Wrapped(parameters: parameters, bytes: bytes)
    }

    /// Material that stays in its token.
    func wrapInToken(_ token: TokenSource, _ target: Target, _ client: KMSAPIClient) async throws -> Wrapped {
        let (key, wrapping) = try choices(target, fromToken: true)
        let target = try await made(target, client)
        do {
            return try await wrapInToken(token, target, client, key, wrapping)
        } catch let error as WorkerTaskError {
            // Only what the token has just shown that it can do: after a wrong PIN nothing is tried again.
            guard algorithm == nil, error.alternatives.contains(wrapping.withSHA1.name) else { throw failure(error) }
        }
        let fallback = wrapping.withSHA1
        do {
            var wrapped = try await wrapInToken(token, target, client, key, fallback)
            wrapped.notes.append(
                "the token cannot wrap by \(wrapping.name), so \(fallback.name) was used; the known attacks on SHA-1 "
                    + "are none on OAEP")
            return wrapped
        } catch let error as WorkerTaskError {
            throw failure(error)
        }
    }

    private func wrapInToken(
        _ token: TokenSource, _ target: Target, _ client: KMSAPIClient, _ key: WrappingKeySpec,
        _ wrapping: WrappingAlgorithm
    ) async throws -> Wrapped {
        let parameters = try await request(wrapping, key, target, client)
        _ = try parameters.wrappingKey()
        let exported = try await token.wrap(under: Array(parameters.PublicKey), wrapping)
        try exported.check(target.spec)
        return Wrapped(parameters: parameters, bytes: exported.wrapped, mechanisms: exported.mechanisms)
    }

    func failure(_ error: WorkerTaskError) -> CommandFailure {
        CommandFailure(
            error.description, hint: error.hint ?? "check --from-token, --module and --pin-file; nothing was imported")
    }

    // MARK: The server

    func request(
        _ wrapping: WrappingAlgorithm, _ key: WrappingKeySpec, _ target: Target, _ client: KMSAPIClient
    ) async throws -> ImportParameters {
        let output = try await client.call(
            "GetParametersForImport",
            ParametersInput(KeyId: target.arn ?? "", WrappingAlgorithm: wrapping.name, WrappingKeySpec: key.rawValue),
            returning: ParametersOutput.self
        )
        return ImportParameters(
            KeyId: output.KeyId, KeySpec: target.spec.name, KeyUsage: target.usage, WrappingAlgorithm: wrapping.name,
            WrappingKeySpec: key.rawValue, PublicKey: output.PublicKey, ImportToken: output.ImportToken,
            ParametersValidTo: output.ParametersValidTo
        )
    }

    func send(
        _ wrapped: [UInt8], _ parameters: ImportParameters, _ expiry: Expiry, _ client: KMSAPIClient
    ) async throws -> ImportReport {
        let type = newMaterial ? "NEW_KEY_MATERIAL" : nil
        let output = try await client.call(
            "ImportKeyMaterial",
            ImportInput(
                KeyId: parameters.KeyId, ImportToken: parameters.ImportToken, EncryptedKeyMaterial: Data(wrapped),
                ValidTo: expiry.date, ExpirationModel: expiry.model, ImportType: type,
                KeyMaterialDescription: materialDescription, KeyMaterialId: materialID
            ),
            returning: ImportOutput.self
        )
        var report = report(parameters)
        report.KeyMaterialId = output.KeyMaterialId
        report.ImportType = type
        report.ExpirationModel = expiry.model
        report.ValidTo = expiry.date
        if newMaterial {
            report.Notes.append("make it the current material with: strongroom key rotate \(parameters.KeyId)")
        }
        return report
    }

    // MARK: What was done

    func report(_ parameters: ImportParameters) -> ImportReport {
        ImportReport(
            KeyId: parameters.KeyId, KeySpec: parameters.KeySpec, WrappingAlgorithm: parameters.WrappingAlgorithm,
            WrappingKeySpec: parameters.WrappingKeySpec, WrappingKeyFingerprint: parameters.fingerprint
        )
    }

    func show(_ report: ImportReport) throws {
        let expiry: String? = report.ExpirationModel.map { _ in
            report.ValidTo?.formatted(.iso8601) ?? "never (--expires-in or --valid-to give it an end)"
        }
        let lines: [(String, String?)] = [
            ("key", report.KeyId), ("alias", report.Alias), ("spec", report.KeySpec),
            ("source", report.Source), ("wrapped by", report.WrappingAlgorithm),
            ("under", "\(report.WrappingKeySpec), SHA-256 \(report.WrappingKeyFingerprint)"),
            ("in the token by", report.Mechanisms?.joined(separator: ", ")), ("material", report.KeyMaterialId),
            ("import type", report.ImportType), ("expires", expiry),
            ("valid until", report.ParametersValidTo?.formatted(.iso8601)), ("written to", report.Out),
        ]
        let notes = report.Notes.map { "\nnote: " + $0 }.joined()
        try options.show(report, aligned(lines) + notes)
    }
}
