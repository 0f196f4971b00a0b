package import KMSPolicy
import Synchronization

/// The keys of a server as they are stored, to be asked what would be decided: without a token, a call or a record.
package struct AccessRehearsal: Sendable {
    private let table: KeyTable
    private let now: Timestamp

    /// - Parameter now: For conditions on the time.
    package init(_ image: MetadataImage, at now: Timestamp) {
        // One that this version does not know is not there for requests either.
        let entries = image.keys.compactMap { KeyEntry($0, in: nil, lastUsage: image.lastUsages[$0.address]) }
        table = KeyTable(entries, image)
        self.now = now
    }

    /// A call that nobody makes.
    package struct Call {
        package let caller: CallerIdentity
        package let action: KMSAction
        package let region: Region
        /// Nil for actions that have none.
        package var encryptionContext: [String: String]?
        /// Values of condition keys, which take the place of those that the server would work out.
        package var given: [ConditionKey: ConditionValues] = [:]

        package init(caller: CallerIdentity, action: KMSAction, region: Region) {
            self.caller = caller
            self.action = action
            self.region = region
        }
    }

    /// What would be decided on one resource.
    package struct Outcome: Sendable {
        /// An ARN; `*` for an account.
        package let resource: String
        package let decision: Decision
        /// The condition keys that policies asked for and that have no value.
        package let absentKeys: Set<ConditionKey>
    }

    /// What would be decided: on an alias and then on its key for actions that need both.
    ///
    /// - Parameter key: An id, an ARN, an alias or its ARN; nil for actions on an account.
    package func outcomes(of call: Call, on key: String?) throws(KMSError) -> [Outcome] {
        let scope = Scope(account: call.caller.principal.account, region: call.region)
        guard let key else { return [outcome(of: call, on: .account(scope), alias: nil)] }
        let identifier = try KeyIdentifier(key, in: scope)
        let keyScope = Scope(account: identifier.account, region: scope.region)
        switch identifier.name {
        case .id(let id):
            guard let entry = table.key(KeyAddress(scope: keyScope, id: id)) else {
                throw KMSError(.notFound, "Key '\(keyScope.keyARN(id))' does not exist")
            }
            return [outcome(of: call, on: .key(entry), alias: nil)]
        case .alias(let name):
            let entry = table.alias(name, in: keyScope).flatMap { alias in
                table.key(KeyAddress(scope: keyScope, id: alias.target))
            }
            guard let entry else { throw KMSError(.notFound, "Alias \(keyScope.aliasARN(name)) is not found.") }
            switch call.action {
            case .createAlias, .updateAlias, .deleteAlias:
                return [
                    outcome(of: call, on: .alias(keyScope, name: name), alias: nil),
                    outcome(of: call, on: .key(entry), alias: nil),
                ]
            default:
                return [outcome(of: call, on: .key(entry), alias: name)]
            }
        }
    }

    private func outcome(of call: Call, on resource: Resource, alias: String?) -> Outcome {
        let (table, caller) = (table, call.caller)
        let context = CallContext(caller: caller, region: call.region)
        let check = AccessCheck(
            context: context, conditions: conditions(of: call, on: resource), resource: resource, now: now,
            requestAlias: alias,
            aliases: {
                guard case .key(let entry) = resource else { return [] }
                return table.aliasNames(of: entry.key.address)
            })
        let values = RehearsedConditions(check: check, given: call.given)
        let decision = Decision.of(
            call.action, on: resource, by: caller, values, encryptionContext: call.encryptionContext, usable: { $0 })
        return Outcome(resource: resource.arn, decision: decision, absentKeys: values.absentKeys)
    }

    private func conditions(of call: Call, on resource: Resource) -> RequestConditions {
        guard let pairs = call.encryptionContext, let context = try? EncryptionContext(pairs) else { return .none }
        guard case .key(let entry) = resource, entry.algorithm.isSymmetricEncryption else {
            return RequestConditions(context)
        }
        return .encryption(context, nil)
    }
}

/// The values of condition keys for a call that nobody makes. Notes which were asked for and are not known.
private final class RehearsedConditions: ConditionContext {
    private let check: AccessCheck
    private let given: [ConditionKey: ConditionValues]
    private let asked = Mutex(Set<ConditionKey>())

    init(check: AccessCheck, given: [ConditionKey: ConditionValues]) {
        self.check = check
        self.given = given
    }

    var absentKeys: Set<ConditionKey> { asked.withLock { $0 } }

    func values(of key: ConditionKey) -> ConditionValues {
        let values = given[key] ?? (isOfConnection(key) ? .absent : check.values(of: key))
        if values == .absent { asked.withLock { _ = $0.insert(key) } }
        return values
    }

    /// Without a call, nothing is known of where it comes from.
    private func isOfConnection(_ key: ConditionKey) -> Bool {
        switch key {
        case .named(.sourceIP), .named(.userAgent), .named(.secureTransport): true
        default: false
        }
    }
}
