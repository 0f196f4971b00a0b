import KMSCore
import KMSPolicy
import Synchronization

// Who may deal with stores: callers of the account that a store belongs to, by their policies. AWS has no actions for
// it, so these are our own.
extension XKSStores {
    /// Throws `accessDenied` unless the caller may do `action`, as in `strongroom:CreateXKSStore`, to the store.
    func authorize(_ action: String, on prefix: String, by context: CallContext) throws(KMSError) {
        let name = "strongroom:" + action
        let arn = "arn:aws:strongroom:\(context.region):\(context.principal.account):xks-store/\(prefix)"
        // What a service was given to call for somebody ends with the service; what is made here does not.
        let isForward = context.caller.session?.viaService != nil
        let decision = Decision.byIdentity(
            PolicyQuestion(
                action: name, resource: arn, context: StoreConditions(GlobalConditions(context, at: clock.now))),
            by: context.caller.policyCaller, context.caller.policies)
        context.draft.note(name, on: arn, decision)
        guard decision.isAllowed, !isForward else {
            throw KMSError(
                .accessDenied,
                "User: \(context.principal.arn) is not authorized to perform: \(name) on resource: \(arn)"
                    + (decision.isAllowed ? "" : " " + decision.refusal(of: name)))
        }
    }

    /// The store, of the caller's account and the Region that it called.
    func store(_ prefix: String, of context: CallContext) throws(KMSError) -> XKSStoreEntry {
        guard let entry = table.withLock({ $0.stores[prefix] }), entry.store.scope == context.scope else {
            throw KMSError(
                .notFound, "There is no XKS store '\(prefix.prefix(200))' of your account in \(context.region).")
        }
        return entry
    }
}

/// The values of condition keys for what is done to a store.
private struct StoreConditions: ConditionContext {
    private let global: GlobalConditions

    init(_ global: GlobalConditions) {
        self.global = global
    }

    func values(of key: ConditionKey) -> ConditionValues { global.values(of: key) }
}
