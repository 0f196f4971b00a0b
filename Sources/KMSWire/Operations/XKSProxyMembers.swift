import KMSCore
import SecureMemory

/// The members of CreateCustomKeyStore and UpdateCustomKeyStore that key stores of type EXTERNAL_KEY_STORE have.
struct XKSProxyMembers {
    private struct Credential {
        let accessKeyID: String
        let secret: SecretBlob
    }

    private let endpoint: String?
    private let path: String?
    private let serviceName: String?
    private let serviceOwner: String?
    private let connectivity: String?
    private let credential: Credential?

    init(from members: inout MemberReader) throws(WireError) {
        endpoint = try members.string("XksProxyUriEndpoint", .xksProxyURIEndpoint)
        path = try members.string("XksProxyUriPath", .xksProxyURIPath)
        serviceName = try members.string("XksProxyVpcEndpointServiceName", .xksProxyVPCEndpointServiceName)
        serviceOwner = try members.string("XksProxyVpcEndpointServiceOwner", .accountID)
        connectivity = try members.string("XksProxyConnectivity", .xksProxyConnectivity)
        credential = try members.structure("XksProxyAuthenticationCredential") { (members) throws(WireError) in
            Credential(
                accessKeyID: try members.requiredSensitiveString("AccessKeyId", .xksProxyAccessKeyID),
                secret: SecretBlob(
                    text: try members.requiredSensitiveString("RawSecretAccessKey", .xksProxySecretAccessKey)))
        }
    }

    /// Of one that ``checkIsWhole()`` has passed.
    var address: XKSProxyAddress { XKSProxyAddress(uriEndpoint: endpoint ?? "", uriPath: path ?? "") }

    var accessKeyID: String? { credential?.accessKeyID }

    var update: XKSProxyUpdate {
        XKSProxyUpdate(uriEndpoint: endpoint, uriPath: path, accessKeyID: accessKeyID)
    }

    /// To be asked for once.
    func takeSecret() -> SecretBytes? { credential?.secret.take() }

    func expectNone() throws(WireError) {
        let texts = [endpoint, path, serviceName, serviceOwner, connectivity]
        guard credential == nil, texts.allSatisfy({ $0 == nil }) else {
            throw .validation("Members that begin with XksProxy are for key stores of type EXTERNAL_KEY_STORE.")
        }
    }

    func checkIsWhole() throws(WireError) {
        guard connectivity != nil, endpoint != nil, path != nil, credential != nil else {
            throw .validation(
                "A custom key store of type EXTERNAL_KEY_STORE needs XksProxyConnectivity, XksProxyUriEndpoint, "
                    + "XksProxyUriPath and XksProxyAuthenticationCredential.")
        }
        try checkConnectivity()
    }

    /// There is no VPC here: a proxy is where the server's configuration says.
    func checkConnectivity() throws(WireError) {
        guard connectivity != "VPC_ENDPOINT_SERVICE" else {
            throw WireError(
                KMSError(
                    .xksProxyVPCEndpointServiceNotFound,
                    "This server knows no VPC endpoint services. Give XksProxyConnectivity PUBLIC_ENDPOINT, also for a proxy "
                        + "in a network of its own."))
        }
        guard serviceName == nil, serviceOwner == nil else {
            throw .validation(
                "Members that begin with XksProxyVpcEndpointService are for XksProxyConnectivity VPC_ENDPOINT_SERVICE.")
        }
    }
}
