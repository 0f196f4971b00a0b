import HTTPFront
import HTTPTypes
import KMSCore
import SigV4
import XKSCore

/// Finds out which store's credential signed a request, before anything in its body is believed.
struct XKSAuthenticator: Sendable {
    /// How far the signing time may lie from now (XKS Proxy API, section 3).
    private static let skewSeconds: Int64 = 300

    private let verifier: SigV4Verifier
    private let stores: XKSStores

    init(regions: Set<Region>, stores: XKSStores) {
        verifier = SigV4Verifier(
            service: "kms-xks-proxy", regions: regions.map(\.description).sorted(), skewSeconds: Self.skewSeconds)
        self.stores = stores
    }

    /// One opaque error for whatever is wrong with a signature: what it is, only the operator is told.
    func authenticate(_ head: HTTPRequest, path: String, body: [UInt8]) throws(XKSError) -> XKSCaller {
        var caller: XKSCaller?
        do throws(SigV4Error) {
            // Of the two headers that can date a request, the API has this one.
            guard head.signedValue(of: "x-amz-date") != nil else { throw .incompleteSignature(missing: [.date]) }
            let signature = try unsafe verifier.verify(
                method: head.method.rawValue, path: path, query: "", headerValue: { head.signedValue(of: $0) },
                body: body.span.bytes, now: stores.clock.now.milliseconds / 1000
            ) { id in
                caller = stores.caller(withAccessKey: id)
                return caller?.credential
            }
            guard let caller, caller.store.store.scope.region.description == signature.region else {
                throw .unrecognizedClient
            }
            return caller
        } catch {
            throw XKSError(
                .authenticationFailed, "The request's signature, credential or date is not valid.",
                cause: error.description)
        }
    }
}
