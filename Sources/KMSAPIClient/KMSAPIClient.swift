import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import SigV4

/// A client of any service that speaks AWS KMS's JSON protocol: Strongroom, or AWS itself.
///
/// Call ``shutdown()`` when done, or use ``withClient(_:_:)``, which does.
package struct KMSAPIClient: Sendable {
    package let configuration: ClientConfiguration
    private let signer: SigV4Signer
    private let http: HTTPClient
    private let retries = RetryPolicy()
    private let timeout: TimeAmount

    /// A page of a thousand aliases has some 400 KB; what is far beyond any answer is not read.
    private static let longestAnswer = 16 << 20

    /// - Parameter timeoutSeconds: How long each attempt may take, from connecting to the answer's last byte.
    package init(configuration: ClientConfiguration, timeoutSeconds: Int64 = 30) throws(ClientConfigurationError) {
        self.configuration = configuration
        signer = SigV4Signer(credential: configuration.credential, region: configuration.region, service: "kms")
        timeout = .seconds(timeoutSeconds)
        var settings = HTTPClient.Configuration(
            // The signature is for this host, and nobody else is to see it.
            redirectConfiguration: .disallow, timeout: HTTPClient.Configuration.Timeout(connect: .seconds(10)))
        if let path = configuration.certificateAuthoritiesPath {
            settings.tlsConfiguration = try tlsConfiguration(certificateAuthoritiesPath: path)
        }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    package func shutdown() async throws {
        try await http.shutdown()
    }

    /// Lends a client to `body` and shuts it down afterwards.
    package static func withClient<Result>(
        _ configuration: ClientConfiguration, _ body: (KMSAPIClient) async throws -> Result
    ) async throws -> Result {
        let client = try KMSAPIClient(configuration: configuration)
        do {
            let result = try await body(client)
            try await client.shutdown()
            return result
        } catch {
            // What went wrong in the body is what the caller must hear of.
            try? await client.shutdown()
            throw error
        }
    }

    /// Calls an operation with a body of JSON and gives the answer's JSON back.
    ///
    /// - Parameter operation: AWS's name of it, such as `CreateKey`.
    /// - Throws: ``KMSAPIError`` for the service's answer, ``KMSTransportError`` when there was none.
    package func call(_ operation: String, json body: [UInt8]) async throws -> [UInt8] {
        let headers = [
            (name: "content-type", value: "application/x-amz-json-1.1"),
            (name: "x-amz-target", value: "TrentService.\(operation)"),
        ]
        let request = UnsignedRequest(
            endpoint: configuration.endpoint, signer: signer, headers: headers, body: body)
        return try await call(operation, request) { status, headers, answer in
            KMSAPIError(
                httpStatus: status, errorType: headers.first(name: "x-amzn-errortype"),
                requestID: headers.first(name: "x-amzn-requestid"), body: answer)
        }
    }

    /// Sends a request as often as it takes, and gives the body of the answer back.
    ///
    /// - Parameter failure: What an answer of another status than 200 says.
    func call(
        _ operation: String, _ request: UnsignedRequest,
        failure: (_ status: Int, HTTPHeaders, _ body: [UInt8]) -> KMSAPIError
    ) async throws -> [UInt8] {
        var attempt = 1
        while true {
            do {
                return try await callOnce(request, failure)
            } catch  where retries.shouldRetry(operation, after: error, attempt: attempt) {
                try await Task.sleep(for: retries.delay(afterAttempt: attempt, jitter: .random(in: 0...1)))
                attempt += 1
            }
        }
    }

    private func callOnce(
        _ request: UnsignedRequest, _ failure: (Int, HTTPHeaders, [UInt8]) -> KMSAPIError
    ) async throws -> [UInt8] {
        let response: HTTPClientResponse
        let answer: [UInt8]
        do {
            response = try await http.execute(request.signed(), timeout: timeout)
            answer = Array(buffer: try await response.body.collect(upTo: Self.longestAnswer))
        } catch {
            throw transportError(error, request.endpoint.url)
        }
        if response.status.code == 200 { return answer }
        throw failure(Int(response.status.code), response.headers, answer)
    }

    private func transportError(_ error: any Error, _ url: String) -> any Error {
        if error is CancellationError { return error }
        if error is NIOTooManyBytesError {
            return KMSTransportError("\(url) answered with more than \(Self.longestAnswer >> 20) MiB", cause: error)
        }
        return KMSTransportError(
            "\(url) could not be reached: \(error)", hint: "is the server running, and is this its address?",
            cause: error)
    }
}

/// A request as it is before each attempt signs it: the signature holds the time.
struct UnsignedRequest {
    let endpoint: Endpoint
    let signer: SigV4Signer
    let headers: [(name: String, value: String)]
    let body: [UInt8]

    func signed() -> HTTPClientRequest {
        let now = Int64(Date().timeIntervalSince1970)
        let added = unsafe signer.sign(
            method: "POST", path: endpoint.path, host: endpoint.host, headers: headers, body: body.span.bytes, now: now)
        var request = HTTPClientRequest(url: endpoint.url)
        request.method = .POST
        request.headers.add(name: "host", value: endpoint.host)
        request.headers.add(name: "user-agent", value: "strongroom")
        for (name, value) in headers + added { request.headers.add(name: name, value: value) }
        request.body = .bytes(body)
        return request
    }
}
