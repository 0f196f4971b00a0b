import KMSCore

/// One operation's request, decoded and validated.
protocol QueryRequest: Sendable {
    /// What has the use cases: ``IdentityStore``, or `XKSStores`.
    associatedtype Domain: Sendable

    static var service: QueryService { get }
    /// The parameter `Action`.
    static var action: String { get }
    /// As CloudTrail has it.
    static var isReadOnly: Bool { get }

    /// Reads the parameters as the API's model has them.
    init(from parameters: inout ParameterReader) throws(QueryError)

    /// Rules that the model does not know, looked at when all of its constraints are met.
    func check() throws(QueryError)

    /// Does what is asked for, and gives the members of the operation's result; nil if the model has no result.
    func perform(on domain: Domain, by context: CallContext) async throws(KMSError) -> [XMLNode]?
}

extension QueryRequest {
    static var service: QueryService { .iam }
    static var isReadOnly: Bool { action.hasPrefix("Get") || action.hasPrefix("List") }
    func check() throws(QueryError) {}
}
