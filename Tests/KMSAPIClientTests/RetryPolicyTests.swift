import Testing

@testable import KMSAPIClient

@Suite("Errors and retries")
struct RetryPolicyTests {
    private func error(_ code: String, _ status: Int) -> KMSAPIError {
        KMSAPIError(code: code, message: "", requestID: nil, httpStatus: status)
    }

    @Test(arguments: ["Encrypt", "Decrypt", "ListKeys", "DescribeKey", "GenerateDataKey", "PutKeyPolicy", "EnableKey"])
    func `a call whose second time changes nothing is repeated after a server's fault`(operation: String) {
        let policy = RetryPolicy()
        for failure in [error("KMSInternalException", 500), error("HTTP 502", 502)] {
            #expect(policy.shouldRetry(operation, after: failure, attempt: 1))
            #expect(policy.shouldRetry(operation, after: failure, attempt: 2))
            #expect(!policy.shouldRetry(operation, after: failure, attempt: 3))
        }
        #expect(policy.shouldRetry(operation, after: KMSTransportError("lost"), attempt: 1))
        #expect(!policy.shouldRetry(operation, after: error("NotFoundException", 400), attempt: 1))
        #expect(!policy.shouldRetry(operation, after: CancellationError(), attempt: 1))
    }

    @Test(arguments: [
        "CreateKey", "CreateAlias", "CreateGrant", "ScheduleKeyDeletion", "DeleteAlias", "ReplicateKey",
        "RotateKeyOnDemand", "ImportKeyMaterial", "RetireGrant", "CancelKeyDeletion",
    ])
    func `a call that may have had its effect is repeated only when it was throttled`(operation: String) {
        let policy = RetryPolicy()
        #expect(!policy.shouldRetry(operation, after: error("KMSInternalException", 500), attempt: 1))
        #expect(!policy.shouldRetry(operation, after: KMSTransportError("lost"), attempt: 1))
        #expect(policy.shouldRetry(operation, after: error("ThrottlingException", 400), attempt: 1))
        #expect(policy.shouldRetry(operation, after: error("HTTP 429", 429), attempt: 1))
    }

    @Test func `the wait doubles up to its limit, times the jitter`() {
        let policy = RetryPolicy()
        #expect(policy.delay(afterAttempt: 1, jitter: 1) == .milliseconds(100))
        #expect(policy.delay(afterAttempt: 2, jitter: 1) == .milliseconds(200))
        #expect(policy.delay(afterAttempt: 2, jitter: 0.5) == .milliseconds(100))
        #expect(policy.delay(afterAttempt: 1000, jitter: 1) == .seconds(5))
        #expect(policy.delay(afterAttempt: 1, jitter: 0) == .zero)
    }

    @Test(
        arguments: [
            (#"{"__type":"NotFoundException","message":"gone"}"#, nil, "NotFoundException", "gone"),
            (#"{"__type":"com.amazonaws.kms#DisabledException","Message":"off"}"#, nil, "DisabledException", "off"),
            (#"{"message":"m"}"#, "ValidationException:http://internal.amazon.com/x", "ValidationException", "m"),
            (#"{"__type":"InvalidCiphertextException"}"#, nil, "InvalidCiphertextException", ""),
            ("<html>Bad Gateway</html>", nil, "HTTP 502", ""),
            ("", "AccessDeniedException", "AccessDeniedException", ""),
            (#"{"__type":""}"#, nil, "HTTP 502", ""),
        ] as [(String, String?, String, String)])
    func `an error answer is read whatever layer made it`(
        body: String, header: String?, code: String, message: String
    ) {
        let error = KMSAPIError(httpStatus: 502, errorType: header, requestID: "id", body: Array(body.utf8))
        #expect(error == KMSAPIError(code: code, message: message, requestID: "id", httpStatus: 502))
        #expect(error.description == (message.isEmpty ? code : "\(code): \(message)") + " (request id)")
    }
}
