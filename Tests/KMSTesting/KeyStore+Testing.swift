package import KMSCore
import KMSPolicy

extension KeyStore {
    /// A key store that knows every principal, limits nobody, and keeps its records in memory.
    package convenience init(
        backend: any KeyBackend, metadata: any MetadataStore, clock: any KMSClock, events: any KeyStoreEventSink,
        audit: any AuditSink = InMemoryAuditSink(), principals: any PrincipalDirectory = EveryPrincipal(),
        regions: Regions = .any
    ) {
        self.init(
            backend: backend,
            journal: Journal(metadata: metadata, clock: clock, sink: audit, events: NoEvents()),
            principals: principals, quotas: RequestQuotas(.unlimited, clock: clock), events: events,
            regions: regions)
    }

    /// Reads all metadata, as a server does at its start.
    package func start(reading metadata: any MetadataStore) async throws(KMSError) {
        start(try await metadata.load())
    }
}

/// Takes every account, user and role for one that is there.
package struct EveryPrincipal: PrincipalDirectory {
    package init() {}

    package func look(up principal: String) -> PrincipalLookup {
        principal.hasSuffix(":root") || AccountID(principal) != nil ? .account : .identity(uniqueID: principal)
    }
}

extension CallContext {
    /// A call of a user who may do everything that the policies of keys leave to their accounts. Each has its own draft.
    package init(principal: Principal, region: Region, requestID: String = "") {
        self.init(caller: .administrator(principal), region: region, requestID: requestID)
    }
}

extension CallerIdentity {
    /// A user to whom a policy is attached that allows everything.
    package static func administrator(_ principal: Principal) -> CallerIdentity {
        user(
            principal,
            allowedBy: #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#)
    }

    /// A user with these identity policies, each the text of one. A text that is no policy allows nothing.
    package static func user(
        _ principal: Principal, allowedBy policies: String..., tags: [String: String] = [:]
    ) -> CallerIdentity {
        let name = principal.arn.split(separator: "/").last.map(String.init) ?? ""
        let compiled = policies.enumerated().compactMap { index, text in
            (try? PolicyDocument(parsing: text, as: .identity)).map {
                CompiledPolicy($0, source: .identityPolicy("policy-\(index)"))
            }
        }
        return CallerIdentity(
            principal: principal,
            policyCaller: PolicyCaller(
                kind: .user, account: principal.account.description, arn: principal.arn, userID: principal.arn),
            policies: CallerPolicies(identity: compiled), tags: tags, userName: name, accessKeyID: "AKIATESTING")
    }
}

extension String {
    /// A key policy that lets everybody do everything, and is not the default one.
    package static let openPolicy =
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#
}
