import HTTPTypes
import KMSCore
import KMSWire
import NIOCore
import SigV4

/// Finds out who sent a request, before anything in its body is believed.
struct Authenticator: Sendable {
    private let verifier: SigV4Verifier
    private let regions: [String: Region]
    private let directory: any CredentialDirectory
    private let clock: any KMSClock

    init(regions: Set<Region>, directory: any CredentialDirectory, clock: any KMSClock) {
        verifier = SigV4Verifier(service: "kms", regions: regions.map(\.description).sorted())
        self.regions = Dictionary(uniqueKeysWithValues: regions.map { ($0.description, $0) })
        self.directory = directory
        self.clock = clock
    }

    func authenticate(
        _ head: HTTPRequest, path: String, query: String, body: [UInt8], _ id: RequestID
    ) throws(WireError) -> CallContext {
        var caller: Caller?
        do throws(SigV4Error) {
            let signature = try unsafe verifier.verify(
                method: head.method.rawValue, path: path, query: query,
                headerValue: { head.signedValue(of: $0) }, body: body.span.bytes,
                now: clock.now.milliseconds / 1000
            ) { id in
                caller = directory.caller(withAccessKey: id)
                return caller?.credential
            }
            guard let caller, let region = regions[signature.region] else { throw SigV4Error.unrecognizedClient }
            return CallContext(principal: caller.principal, region: region, requestID: id.description)
        } catch {
            throw WireError(error.code, error.message)
        }
    }
}

extension HTTPRequest {
    /// A header's value as SigV4 signs it; several are joined by commas.
    fileprivate func signedValue(of name: String) -> String? {
        // The HTTP types keep Host apart, as HTTP/2 does.
        if name == "host" { return authority }
        var value: String?
        for field in headerFields where field.name.canonicalName == name {
            value = value.map { "\($0),\(field.value)" } ?? field.value
        }
        return value
    }
}
