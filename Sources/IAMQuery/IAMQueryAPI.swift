package import IAMCore
package import KMSCore
package import XKSCore

/// IAM and STS as the query protocol has them, and the stores of the XKS proxy: from a request's body to the answer's.
package struct IAMQueryAPI: Sendable {
    private let domains: [any Sendable]

    package init(identities: IdentityStore, xksStores: XKSStores) {
        domains = [identities, xksStores]
    }

    /// Answers a request whose signature has been verified for the service that ``QueryService/init(of:)`` finds. What
    /// is to be recorded of it is in the context's draft afterwards.
    package func answer(_ body: [UInt8], by context: CallContext) async -> QueryAnswer {
        let service = QueryService(of: body)
        do throws(QueryError) {
            guard let service else { throw .unknownVersion }
            let call = try QueryCall(body, of: service, context.draft)
            let result: [XMLNode]?
            do throws(KMSError) {
                result = try await perform(call.request, by: context)
            } catch {
                throw QueryError(error, of: service)
            }
            return QueryAnswer(to: call.action, of: service, result, requestID: context.requestID)
        } catch {
            return QueryAnswer(error, of: service, requestID: context.requestID)
        }
    }

    private func perform<Request: QueryRequest>(
        _ request: Request, by context: CallContext
    ) async throws(KMSError) -> [XMLNode]? {
        for domain in domains {
            if let domain = domain as? Request.Domain { return try await request.perform(on: domain, by: context) }
        }
        throw KMSError(.unsupported, "\(Request.action) is not supported by this server.")
    }
}

/// A request that has been read.
struct QueryCall {
    let action: String
    let request: any QueryRequest

    /// Tells `draft` as much of the call as could be read, whether or not it is refused.
    init(_ body: [UInt8], of service: QueryService, _ draft: AuditDraft) throws(QueryError) {
        draft.begin("Unknown", of: service.eventSource, isReadOnly: false, parameters: nil)
        let form = try QueryForm(parsing: body)
        guard let action = form["Action"], !action.isEmpty else { throw .missingAction }
        // What is longer than any operation's name is none, and nothing for a record.
        draft.begin(String(action.prefix(64)), of: service.eventSource, isReadOnly: false, parameters: nil)
        let type = try QueryOperations.request(action, of: service)
        draft.begin(action, of: service.eventSource, isReadOnly: type.isReadOnly, parameters: nil)
        var reader = ParameterReader(form)
        let request = try type.init(from: &reader)
        guard reader.violations.isEmpty else { throw .validation(reader.violations) }
        draft.begin(
            action, of: service.eventSource, isReadOnly: type.isReadOnly,
            parameters: reader.noted.isEmpty ? nil : .object(reader.noted))
        try request.check()
        self.action = action
        self.request = request
    }
}

/// The way into this module for those who have no store: the fuzzer.
public enum QueryDecoder {
    /// Whether a body would be taken. Never traps, whatever the bytes.
    public static func accepts(_ body: [UInt8]) -> Bool {
        guard let service = QueryService(of: body) else { return false }
        return (try? QueryCall(body, of: service, AuditDraft())) != nil
    }

    /// The same parameters as an SDK would write them; nil if they cannot be read.
    public static func rewritten(_ body: [UInt8]) -> [UInt8]? {
        (try? QueryForm(parsing: body))?.bytes
    }
}
