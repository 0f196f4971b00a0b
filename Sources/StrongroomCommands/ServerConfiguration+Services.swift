import AuditLog
import EventDelivery
import FoundationEssentials
import Glibc
import KMSCore

/// A request quota in strongroom.yaml: a number of requests a second, or `unlimited`.
enum QuotaRate: Codable, Sendable {
    case perSecond(Int)
    case unlimited

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self = .perSecond(number)
        } else if (try? container.decode(String.self)) == "unlimited" {
            self = .unlimited
        } else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a quota is a number of requests a second, or unlimited")
        }
    }

    var limit: QuotaLimits.Rate {
        switch self {
        case .perSecond(let number): .perSecond(number)
        case .unlimited: .unlimited
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .perSecond(let number): try container.encode(number)
        case .unlimited: try container.encode("unlimited")
        }
    }
}

// What the optional parts of strongroom.yaml mean.
extension ServerConfiguration {
    func quotaLimits() throws(CommandFailure) -> QuotaLimits {
        var rates = (quotas ?? [:]).mapValues(\.limit)
        let all = rates.removeValue(forKey: "all")
        let overrides = all.map { all in Dictionary(uniqueKeysWithValues: QuotaLimits.names.map { ($0, all) }) } ?? [:]
        do {
            return try QuotaLimits().overriding(overrides.merging(rates) { _, named in named })
        } catch {
            throw CommandFailure("quotas: \(error.message)", hint: "docs/configuration.md explains every field")
        }
    }

    func auditSettings(in state: StateDirectory) throws(CommandFailure) -> AuditLogSettings {
        let (account, regions) = try scopes()
        // There is one at least: scopes() has seen to it.
        guard let region = regions.sorted().first else { throw CommandFailure("no Region is configured") }
        var settings = AuditLogSettings(
            folder: state.resolve(audit?.folder ?? "audit"), account: account, region: region)
        if let name = audit?.onFailure {
            guard let policy = AuditLogSettings.FailurePolicy(rawValue: name) else {
                throw CommandFailure(
                    "audit.onFailure cannot be \(name)", hint: "it is refuse or continue: docs/configuration.md")
            }
            settings.onFailure = policy
        }
        if let name = audit?.rotation {
            guard let rotation = AuditLogSettings.Rotation(rawValue: name) else {
                throw CommandFailure(
                    "audit.rotation cannot be \(name)", hint: "it is daily or hourly: docs/configuration.md")
            }
            settings.rotation = rotation
        }
        if let size = audit?.maximumFileMebibytes {
            guard (1...65_536).contains(size) else {
                throw CommandFailure("audit.maximumFileMebibytes cannot be \(size)", hint: "give from 1 to 65536")
            }
            settings.maximumFileSize = size << 20
        }
        return settings
    }

    func webhookSettings(in state: StateDirectory) throws(CommandFailure) -> Webhook.Settings? {
        guard let webhook = events?.webhook else { return nil }
        return Webhook.Settings(
            url: webhook.url,
            authorization: try webhook.authorizationFile.map { file throws(CommandFailure) in
                try Self.readSecret(state.resolve(file))
            },
            trustRoots: webhook.trustRoots.map(state.resolve))
    }

    private static func readSecret(_ path: String) throws(CommandFailure) -> String {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw CommandFailure("\(path) cannot be read: \(errorText())", hint: "events.webhook.authorizationFile")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw CommandFailure("others may read \(path)", hint: "chmod 600 \(path)")
        }
        guard let data = FileManager.default.contents(atPath: path), data.count <= 8192 else {
            throw CommandFailure("\(path) cannot be read, or is too long", hint: "it is one line of at most 8 KiB")
        }
        let text = String(decoding: data, as: UTF8.self)
        return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
