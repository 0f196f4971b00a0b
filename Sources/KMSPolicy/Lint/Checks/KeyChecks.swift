/// The key itself: rotation (L17), its end (L18), and whether it is needed (L19).
enum KeyChecks {
    /// After how many seconds without use nobody seems to need a thing: 90 days.
    static let idleTime: Int64 = 90 * 86_400

    @Sendable static func rotation(_ key: LintedKey, _ now: Int64, _ context: LintContext) -> [LintFinding] {
        guard key.spec == "SYMMETRIC_DEFAULT", key.origin == "AWS_KMS", key.rotates == false, key.deletion == nil else {
            return []
        }
        return [
            LintFinding(
                .rotation, at: .key, "the key is never rotated by itself",
                remedy: "Turn rotation on: strongroom key enable-rotation \(key.id)")
        ]
    }

    @Sendable static func deletion(_ key: LintedKey, _ now: Int64, _ context: LintContext) -> [LintFinding] {
        guard key.state == "PendingDeletion" || key.state == "PendingReplicaDeletion" else { return [] }
        let days = key.deletion.map { max(0, ($0 - now) / 86_400) }
        return [
            LintFinding(
                .deletion, key.mayBeInUse(now) ? .high : .low, at: .key,
                "the key will be destroyed" + (days.map { " in \($0) days" } ?? "") + ", and \(key.lastUseText(now))",
                remedy: "Have it back unless nothing needs it: strongroom key cancel-deletion \(key.id). Have the "
                    + "events of ScheduleKeyDeletion and DisableKey alarm you.")
        ]
    }

    @Sendable static func disabled(_ key: LintedKey, _ now: Int64, _ context: LintContext) -> [LintFinding] {
        guard key.state == "Disabled", case .at = key.lastUse, key.mayBeInUse(now) else { return [] }
        return [
            LintFinding(
                .deletion, .medium, at: .key, "the key is disabled, and \(key.lastUseText(now))",
                remedy: "Enable it if somebody still needs it: strongroom key enable \(key.id)")
        ]
    }

    @Sendable static func multiRegion(_ key: LintedKey, _ now: Int64, _ context: LintContext) -> [LintFinding] {
        guard key.isMultiRegion else { return [] }
        return [
            LintFinding(
                .usage, key.replicas == 0 ? .low : .info, at: .key,
                key.replicas == 0
                    ? "the key can be copied to other Regions and is in none"
                    : "the key's material is in \(key.replicas + 1) Regions",
                remedy: "Use a single-Region key unless other Regions have to decrypt the same data.")
        ]
    }

    @Sendable static func unused(_ key: LintedKey, _ now: Int64, _ context: LintContext) -> [LintFinding] {
        guard key.state == "Enabled", now - key.created >= idleTime else { return [] }
        switch key.lastUse {
        case .at(let moment) where now - moment >= idleTime: break
        case .noneSince(let moment) where now - moment >= idleTime: break
        default: return []
        }
        return [
            LintFinding(
                .usage, at: .key, "the key is enabled, and \(key.lastUseText(now))",
                remedy: "Disable it if nothing needs it, and schedule its deletion when nobody complains: strongroom "
                    + "key disable \(key.id)")
        ]
    }
}

extension LintedKey {
    /// What stands behind `key/` in the ARN.
    fileprivate var id: String {
        ARNText.resource(arn).map { $0.hasPrefix("key/") ? String($0.dropFirst(4)) : String($0) } ?? arn
    }

    fileprivate func mayBeInUse(_ now: Int64) -> Bool {
        switch lastUse {
        case .unknown: true
        case .at(let moment): now - moment < KeyChecks.idleTime
        case .noneSince(let moment): now - max(moment, created) < KeyChecks.idleTime && moment > created
        }
    }

    fileprivate func lastUseText(_ now: Int64) -> String {
        switch lastUse {
        case .unknown: "nobody knows when it was last used"
        case .at(let moment): "it was last used \(max(0, (now - moment) / 86_400)) days ago"
        case .noneSince(let moment):
            "it has not been used in the \(max(0, (now - max(moment, created)) / 86_400)) days that uses are recorded"
        }
    }
}
