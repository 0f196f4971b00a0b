import IAMCore
import KMSCore

struct GetAccountSummaryRequest: QueryRequest {
    static let action = "GetAccountSummary"

    init(from _: inout ParameterReader) throws(QueryError) {}

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let summary = try identities.accountSummary(by: context).sorted { $0.key < $1.key }
        return [
            .element(
                "SummaryMap", summary.map { .element("entry", .text("key", $0.key), .number("value", $0.value)) })
        ]
    }
}

struct ListAccountAliasesRequest: QueryRequest {
    static let action = "ListAccountAliases"

    init(from parameters: inout ParameterReader) throws(QueryError) {
        _ = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        [.list("AccountAliases", try identities.listAccountAliases(by: context)), .flag("IsTruncated", false)]
    }
}
