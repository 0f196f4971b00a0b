import HTTPFront
import HTTPTypes
import IAMQuery
import KMSCore
import KMSPolicy
import KMSWire
import NIOCore
import SigV4

/// Finds out who sent a request, before anything in its body is believed.
struct Authenticator: Sendable {
    private let verifiers: [String: SigV4Verifier]
    /// By their names: to check a name takes longer than to find it.
    private let regions: [String: Region]
    private let directory: any CredentialDirectory
    private let clock: any KMSClock

    init(regions: Set<Region>, directory: any CredentialDirectory, clock: any KMSClock) {
        let names = regions.map(\.description).sorted()
        // IAM is of no Region, and STS has an endpoint that is of none: both are signed for this one.
        let global = names.contains("us-east-1") ? names : names + ["us-east-1"]
        verifiers = [
            "kms": SigV4Verifier(service: "kms", regions: names),
            "iam": SigV4Verifier(service: "iam", regions: global),
            "sts": SigV4Verifier(service: "sts", regions: global),
            // The operators' side of the XKS proxy. What AWS KMS signs for that service goes elsewhere.
            "kms-xks-proxy": SigV4Verifier(service: "kms-xks-proxy", regions: names),
        ]
        self.regions = Dictionary(uniqueKeysWithValues: global.compactMap { name in Region(name).map { (name, $0) } })
        self.directory = directory
        self.clock = clock
    }

    func authenticate(
        _ head: HTTPRequest, to service: APIService, path: String, query: String, body: [UInt8], _ id: FrontRequestID,
        from client: SocketAddress?, isSecure: Bool
    ) throws(WireError) -> CallContext {
        var caller: Caller?
        var accessKey = ""
        do throws(SigV4Error) {
            guard let verifier = verifiers[service.signedName] else { throw SigV4Error.unrecognizedClient }
            let signature = try unsafe verifier.verify(
                method: head.method.rawValue, path: path, query: query,
                headerValue: { head.signedValue(of: $0) }, body: body.span.bytes,
                now: clock.now.milliseconds / 1000
            ) { id in
                accessKey = id
                caller = directory.caller(withAccessKey: id)
                return caller?.credential
            }
            guard let caller, let region = regions[signature.region] else { throw SigV4Error.unrecognizedClient }
            var origin = CallOrigin(
                sourceIP: client?.ipAddress ?? "unknown", userAgent: head.headerFields[.userAgent] ?? "",
                isSecure: isSecure)
            // Anybody could put these on the way, so they count if the signature covers them, and of services alone.
            if case .service = caller.identity.policyCaller.kind {
                origin.sourceARN = head.signedValue(of: "x-amz-source-arn", in: signature.signedHeaders)
                origin.sourceAccount = head.signedValue(of: "x-amz-source-account", in: signature.signedHeaders)
            }
            directory.noteUse(of: accessKey, service: service.signedName, region: region)
            return CallContext(caller: caller.identity, region: region, requestID: id.description, origin: origin)
        } catch {
            if caller == nil, directory.isExpired(accessKey: accessKey) { throw .expiredToken }
            throw WireError(error.code, error.message)
        }
    }
}

extension WireError {
    /// SDKs get themselves new credentials then.
    fileprivate static let expiredToken = WireError(
        "ExpiredTokenException", "The security token included in the request is expired")
}
