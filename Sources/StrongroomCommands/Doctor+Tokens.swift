import HSMClient
import HSMWorkerProtocol
import KMSCore
import Logging

// What doctor says of the tokens, and of the keys in them.
extension Doctor {
    /// Looks at each token by itself: what one lacks, another may have.
    func examine(
        _ members: [HSM.Member], _ configuration: ServerConfiguration, _ metadata: (any MetadataStore)?,
        _ examination: inout Examination
    ) async {
        var reports: [(name: String, report: ConsistencyReport)] = []
        let elsewhere = Set((configuration.regionTokens ?? [:]).keys.compactMap { Region($0) })
        for member in members {
            let prefix = members.count > 1 || !elsewhere.isEmpty ? member.name + ": " : ""
            let report = await examine(
                member, prefix, metadata, .own(except: elsewhere), &examination)
            if let report { reports.append((member.name, report)) }
        }
        guard !reports.isEmpty else { return }
        let quorum = min(configuration.hsm.quorum ?? members.count, members.count)
        tell(of: reports, quorum: quorum, &examination)
    }

    /// Looks at each token that Regions have of their own.
    func examineRegionTokens(
        _ configuration: ServerConfiguration, _ profile: HSMProfile, _ state: StateDirectory,
        _ metadata: (any MetadataStore)?, _ examination: inout Examination
    ) async {
        do throws(CommandFailure) {
            for token in try configuration.regionTokenList() {
                let member = try HSM.regionToken(token, configuration, profile, state)
                let report = await examine(
                    member, member.name + ": ", metadata, .regions(token.regions), &examination)
                if let report { tell(of: [(member.name, report)], quorum: 1, &examination) }
            }
        } catch {
            examination.note(.problem, "regionTokens", error.message, hint: error.hint)
        }
    }

    /// What one token shows; nil when it cannot be asked.
    private func examine(
        _ member: HSM.Member, _ prefix: String, _ metadata: (any MetadataStore)?,
        _ share: ConsistencyReport.Share, _ examination: inout Examination
    ) async -> ConsistencyReport? {
        var logger = Logger(label: "strongroom") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical
        var one = member.configuration
        // One is enough to look, and a wrong PIN is not to be tried by several.
        one.settings.profile.workers = 1
        let client = HSMClient(one, logger: logger)
        defer { client.stop() }
        defer { tellLogin(one.settings, prefix, &examination) }
        do throws(CommandFailure) {
            let report = try await HSM.connect(client)
            examination.note(
                .ok, prefix + "token", "\(report.label), serial \(report.serial), \(report.module)")
            examination.note(.ok, prefix + "mechanisms", "all that are needed")
            examination.note(
                report.isMemoryLocked ? .ok : .warning, prefix + "locked memory",
                report.isMemoryLocked ? "secrets are kept out of swap" : "secrets may be swapped out",
                hint: report.isMemoryLocked ? nil : "raise RLIMIT_MEMLOCK to 8 MiB (LimitMEMLOCK= in a systemd unit)"
            )
        } catch {
            examination.note(.problem, prefix + "token", error.message, hint: error.hint)
            return nil
        }
        guard let metadata else { return nil }
        do throws(KMSError) {
            let report = try await ConsistencyReport(comparing: metadata, with: client, of: share)
            examination.note(
                .ok, prefix + "keys",
                "\(report.verifiedKeys) found in the token with the right attributes and check value")
            return report
        } catch {
            examination.note(
                .problem, prefix + "keys", error.cause ?? error.message,
                hint: "the database or the token cannot be read whole; nothing was changed"
            )
            return nil
        }
    }

    /// What the file says that the server and this command go by.
    private func tellLogin(_ settings: WorkerSettings, _ prefix: String, _ examination: inout Examination) {
        guard let ledger = LoginLedger(settings) else { return }
        let subject = prefix + "PIN"
        switch ledger.standing {
        case .accepted:
            examination.note(.ok, subject, "the token took it the last time")
        case .new:
            examination.note(.ok, subject, "it was not tried yet")
        case .refused, .unfinished:
            examination.note(
                ledger.objection == nil ? .warning : .problem, subject,
                ledger.objection ?? "a login with it ended without an answer",
                hint: "neither the server nor this command tries a refused PIN again")
        }
    }

    func tell(
        of reports: [(name: String, report: ConsistencyReport)], quorum: Int, _ examination: inout Examination
    ) {
        var missing = Missing(tokens: reports.count, quorum: quorum)
        for (name, report) in reports {
            for key in report.faultyKeys { missing.note("key \(key.address.arn)", key.reason, by: name) }
        }
        missing.tell("restore the token's backup; never make a new key under this id", &examination)
        var missingSystemKeys = Missing(tokens: reports.count, quorum: quorum)
        for (name, report) in reports {
            for key in report.faultySystemKeys {
                missingSystemKeys.note("system key \(key.purpose.rawValue)", key.reason, by: name)
            }
        }
        missingSystemKeys.tell(
            "restore the token's backup: without this key no access key can be opened", &examination)
        for key in reports[0].report.intents {
            examination.note(
                .warning, "key \(key.arn)", "its creation or deletion was interrupted",
                hint: "a running server finishes it by itself"
            )
        }
        for object in reports.reduce(into: Set<ObjectID>(), { $0.formUnion($1.report.orphans) })
            .map(\.description).sorted()
        {
            examination.note(
                .warning, "object \(object)", "it is labelled as ours, but the database does not name it",
                hint: "if no other Strongroom uses this token, look at it with: pkcs11-tool --list-objects"
            )
        }
    }
}

/// Keys that some of the tokens do not show.
private struct Missing {
    let tokens: Int
    let quorum: Int
    private var reasons: [String: [(token: String, reason: String)]] = [:]

    init(tokens: Int, quorum: Int) {
        self.tokens = tokens
        self.quorum = quorum
    }

    mutating func note(_ key: String, _ reason: String, by token: String) {
        reasons[key, default: []].append((token, reason))
    }

    /// A key that enough of the tokens show is served, and only to be brought to the others.
    func tell(_ hint: String, _ examination: inout Examination) {
        for (key, missing) in reasons.sorted(by: { $0.key < $1.key }) {
            guard tokens > 1 else {
                examination.note(.problem, key, missing[0].reason, hint: hint)
                continue
            }
            let isEnough = tokens - missing.count >= min(quorum, tokens)
            examination.note(
                isEnough ? .warning : .problem, key,
                missing.map { "\($0.token): \($0.reason)" }.joined(separator: "; "),
                hint: missing.count == tokens
                    ? hint : "synchronise the tokens by their vendor's means; those that have the key serve it")
        }
    }
}
