import HSMClient
import HSMWorkerProtocol
import KMSCore
import Logging

// What doctor says of custom key stores, and of the keys in them.
extension Doctor {
    /// Looks at each key store that is to be connected, in its own token. The server's own token is needed for that: it
    /// opens their passwords.
    func examineKeyStores(
        _ own: HSM.Member, _ configuration: ServerConfiguration, _ directory: StateDirectory,
        _ metadata: any MetadataStore, _ examination: inout Examination
    ) async {
        guard let image = try? await metadata.load(), !image.customKeyStores.isEmpty else { return }
        var logger = Logger(label: "strongroom") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical
        let connector: ConfiguredKeyStores
        do throws(CommandFailure) {
            connector = try ConfiguredKeyStores(configuration, directory, logger: logger)
        } catch {
            return examination.note(.problem, "clusters and xksProxies", error.message, hint: error.hint)
        }
        var one = own.configuration
        one.settings.profile.workers = 1
        let client = HSMClient(one, logger: logger)
        defer { client.stop() }
        let sealingKey = image.systemKeys[.keyStorePasswords]
        for store in image.customKeyStores.sorted(by: { $0.id < $1.id }) {
            let subject = "key store \(store.name) (\(store.id))"
            switch store.connection {
            case .disconnected, .disconnecting:
                examination.note(.ok, subject, "disconnected, so its token or proxy was not looked at")
            case .failed(let code):
                examination.note(
                    .warning, subject, "its connection failed: \(code.rawValue)",
                    hint: "put that right, then: strongroom key-store disconnect \(store.id), and connect it again")
            case .connecting, .connected:
                guard let sealingKey else {
                    examination.note(.problem, subject, "there is no key that opens its password")
                    continue
                }
                let passwords = KeyStorePasswords(backend: client, sealingKey: sealingKey)
                await examine(store, subject, connector, passwords, metadata, &examination)
            }
        }
    }

    private func examine(
        _ store: CustomKeyStore, _ subject: String, _ connector: ConfiguredKeyStores, _ passwords: KeyStorePasswords,
        _ metadata: any MetadataStore, _ examination: inout Examination
    ) async {
        do throws(KMSError) {
            let connection = try connector.connect(store, with: try await passwords.open(store))
            switch await connection.outcome() {
            case .failed(let code, let cause, _):
                examination.note(
                    .problem, subject, "it cannot be reached: \(code.rawValue): \(cause)",
                    hint:
                        "check its cluster under clusters:, or its proxy under xksProxies:, in strongroom.yaml, and its "
                        + "password or credential")
            case .connected:
                switch connection.means {
                case .token(let backend): await compare(store, subject, backend, metadata, &examination)
                case .proxy: examination.note(.ok, subject, "its XKS proxy is healthy")
                }
            }
            await connection.end()
        } catch {
            examination.note(.problem, subject, error.cause ?? error.message)
        }
    }

    private func compare(
        _ store: CustomKeyStore, _ subject: String, _ backend: any KeyBackend, _ metadata: any MetadataStore,
        _ examination: inout Examination
    ) async {
        do throws(KMSError) {
            let report = try await ConsistencyReport(comparing: metadata, with: backend, of: .keyStore(store.id))
            examination.note(
                .ok, subject,
                "connected; \(report.verifiedKeys) keys found in its token with the right attributes and check value")
            tell(of: [(subject, report)], quorum: 1, &examination)
        } catch {
            examination.note(.problem, subject, error.cause ?? error.message)
        }
    }
}
