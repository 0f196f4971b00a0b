import IAMCore
import KMSCore
import Testing

@testable import IAMQuery

@Suite struct `Errors` {
    @Test(arguments: [
        (KMSError.Code.accessDenied, "AccessDenied", 403), (.alreadyExists, "EntityAlreadyExists", 409),
        (.deleteConflict, "DeleteConflict", 409), (.limitExceeded, "LimitExceeded", 409),
        (.malformedPolicy, "MalformedPolicyDocument", 400), (.notFound, "NoSuchEntity", 404),
        (.validation, "ValidationError", 400), (.invalidInput, "InvalidInput", 400), (.tag, "InvalidInput", 400),
        (.invalidMarker, "InvalidInput", 400), (.packedPolicyTooLarge, "PackedPolicyTooLarge", 400),
        (.invalidAuthenticationCode, "InvalidAuthenticationCode", 403), (.throttled, "Throttling", 400),
        (.unfitCredentials, "InvalidClientTokenId", 403),
    ])
    func `the domain's errors have AWS's names and statuses`(_ code: KMSError.Code, _ name: String, _ status: Int) {
        let error = QueryError(KMSError(code, "why", cause: "cause"), of: .iam)
        #expect(error == QueryError(name, status: status, "why", cause: "cause"))
    }

    @Test func `what is not in the table is the server's fault`() {
        let error = KMSError(KMSError.Code(rawValue: "new"), "m")
        #expect(QueryError(error, of: .iam) == QueryError("ServiceFailure", status: 500, "m"))
        #expect(QueryError(error, of: .sts) == QueryError("InternalFailure", status: 500, "m"))
    }

    @Test(arguments: [
        ("MissingAuthenticationTokenException", "MissingAuthenticationToken"),
        ("InvalidSignatureException", "SignatureDoesNotMatch"), ("UnrecognizedClientException", "InvalidClientTokenId"),
        ("ExpiredTokenException", "ExpiredToken"), ("IncompleteSignatureException", "IncompleteSignature"),
    ])
    func `a request that is not signed well is 403 here`(_ json: String, _ query: String) {
        let error = QueryError(jsonCode: json, status: 400, "m")
        #expect(error == QueryError(query, status: 403, "m"))
    }

    @Test func `an error that both protocols know keeps its name`() {
        let error = QueryError(jsonCode: "RequestEntityTooLarge", status: 413, nil)
        #expect(error == QueryError("RequestEntityTooLarge", status: 413, ""))
    }

    @Test func `operations that AWS has are told from those that nobody has`() {
        #expect(refusal("Action=CreateGroup&Version=2010-05-08")?.code == "NotImplemented")
        #expect(refusal("Action=CreateUsers&Version=2010-05-08")?.code == "InvalidAction")
        #expect(refusal("Action=AssumeRole&Version=2010-05-08")?.code == "InvalidAction")
        #expect(refusal("Version=2010-05-08")?.code == "MissingAction")
        #expect(refusal("Action=&Version=2010-05-08")?.code == "MissingAction")
    }

    @Test func `every operation that is served is AWS's or this server's own, and served once`() {
        let own = Set((QueryOperations.extensions + QueryOperations.xksStores).map { $0.action })
        for service in QueryService.allCases {
            let actions = QueryOperations.requests.filter { $0.service == service }.map { $0.action }
            #expect(Set(actions).count == actions.count)
            #expect(Set(actions).subtracting(own).isSubset(of: service.knownActions))
            #expect(own.isDisjoint(with: service.knownActions))
        }
    }
}
