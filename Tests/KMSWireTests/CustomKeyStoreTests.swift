import FoundationEssentials
import SecureMemory
import Testing

@testable import KMSCore
@testable import KMSWire

@Suite struct `Custom key stores on the wire` {
    private static let anchor = #""TrustAnchorCertificate":"-----BEGIN CERTIFICATE-----""#
    private static let whole =
        #"{"CustomKeyStoreName":"payroll","CloudHsmClusterId":"cluster-2a34b5cdefg","KeyStorePassword":"1234567",\#(anchor)}"#

    @Test func `are read whole, and their password goes into no record`() throws {
        var recorded = ""
        let request = try CreateCustomKeyStoreRequest.decode(Array(Self.whole.utf8)) { recorded = "\($0)" }
        #expect(recorded.contains("payroll") && recorded.contains("cluster-2a34b5cdefg"))
        #expect(!recorded.contains("1234567") && !recorded.contains("BEGIN CERTIFICATE"))
        let new = request.takeKeyStore()
        #expect(new.name == "payroll" && new.secret.count == 7)
        guard case .cluster("cluster-2a34b5cdefg", trustAnchor: "-----BEGIN CERTIFICATE-----") = new.basis else {
            Issue.record("it is of another type")
            return
        }
    }

    @Test(arguments: [
        ("cluster-2a34b5cdefg", true), ("cluster-abcdefghijk", true), ("cluster-ABCDEFGHIJKLMNOP", true),
        // AWS's own example, and against AWS's own pattern.
        ("cluster-1a23b4cdefg", false), ("cluster-abcdefghij", false), ("cluster-abcdefghijklmnopq", false),
        ("cluster_abcdefghijk", false), ("cluster-abc_efghijk", false), ("Cluster-abcdefghijk", false),
    ])
    func `name clusters as the model has it`(id: String, isRight: Bool) {
        let body = #"{"CustomKeyStoreId":"cks-1","CloudHsmClusterId":"\#(id)"}"#
        guard !isRight else {
            #expect(throws: Never.self) { try decode(UpdateCustomKeyStoreRequest.self, body) }
            return
        }
        #expect(refusal(UpdateCustomKeyStoreRequest.self, body)?.code == "ValidationException")
    }

    @Test func `tell what is wrong, and never the password`() {
        let error = refusal(
            CreateCustomKeyStoreRequest.self,
            #"{"CustomKeyStoreName":"","KeyStorePassword":"secret","CustomKeyStoreType":"LOCAL","CloudHsmClusterId":"x"}"#
        )
        #expect(
            error?.message
                == "5 validation errors detected: Value '' at 'customKeyStoreName' failed to satisfy constraint: Member "
                + "must have length greater than or equal to 1; Value 'x' at 'cloudHsmClusterId' failed to satisfy "
                + "constraint: Member must have length greater than or equal to 19; Value 'x' at 'cloudHsmClusterId' "
                + "failed to satisfy constraint: Member must satisfy regular expression pattern: "
                + "cluster-[2-7a-zA-Z]{11,16}; Value at 'keyStorePassword' failed to satisfy constraint: Member must have "
                + "length greater than or equal to 7; Value 'LOCAL' at 'customKeyStoreType' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [AWS_CLOUDHSM, EXTERNAL_KEY_STORE]")
        let long = refusal(
            UpdateCustomKeyStoreRequest.self,
            #"{"CustomKeyStoreId":"cks-1","KeyStorePassword":"\#(String(repeating: "q", count: 33))"}"#)
        #expect(long?.message?.contains("less than or equal to 32") == true)
        #expect(long?.message?.contains("qq") == false)
    }

    @Test(arguments: ["CloudHsmClusterId", "TrustAnchorCertificate", "KeyStorePassword"])
    func `of type AWS_CLOUDHSM need all that they stand on`(member: String) {
        let body = Self.whole.replacing(#""\#(member)""#, with: #""Other""#)
        let error = refusal(CreateCustomKeyStoreRequest.self, body)
        #expect(error?.code == "ValidationException" && error?.message?.contains(member) == true)
    }

    private static let proxy = [
        ("XksProxyUriEndpoint", #""https://xks.example.com""#, #""http://xks.example.com""#),
        ("XksProxyUriEndpoint", #""https://a-b.example""#, #""https://xks.example.com/""#),
        ("XksProxyUriPath", #""/kms/xks/v1""#, #""/kms/xks/v""#),
        ("XksProxyUriPath", #""/a/b_c-d/kms/xks/v12""#, #""/a/kms/xks/v123""#),
        ("XksProxyUriPath", #""/kms/xks/v1/kms/xks/v1""#, #""a/kms/xks/v1""#),
        (
            "XksProxyVpcEndpointServiceName", #""com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0""#,
            #""com.amazonaws.vpce.useast1.vpce-svc-0123456789abcdef0""#
        ),
        ("XksProxyVpcEndpointServiceOwner", #""111122223333""#, #""11112222333a""#),
        ("XksProxyConnectivity", #""PUBLIC_ENDPOINT""#, #""PRIVATE""#),
    ]

    @Test(arguments: proxy)
    func `of type EXTERNAL_KEY_STORE name their proxy as the model has it`(
        member: String, right: String, wrong: String
    ) {
        let update = { (value: String) in #"{"CustomKeyStoreId":"cks-1","\#(member)":\#(value)}"# }
        if !member.contains("Vpc") {
            #expect(throws: Never.self) { try decode(UpdateCustomKeyStoreRequest.self, update(right)) }
        }
        let error = refusal(UpdateCustomKeyStoreRequest.self, update(wrong))
        #expect(error?.message?.contains("validation error") == true)
        // For a key store of type AWS_CLOUDHSM they have no place.
        let foreign = Self.whole.replacing(#"{"Custom"#, with: #"{"\#(member)":\#(right),"Custom"#)
        #expect(refusal(CreateCustomKeyStoreRequest.self, foreign)?.message?.contains("XksProxy") == true)
    }

    private static let secret = String(repeating: "s/+A", count: 11)
    private static let external = """
        {"CustomKeyStoreName":"abroad","CustomKeyStoreType":"EXTERNAL_KEY_STORE",\
        "XksProxyConnectivity":"PUBLIC_ENDPOINT","XksProxyUriEndpoint":"https://XKS.example.com",\
        "XksProxyUriPath":"/a/kms/xks/v1","XksProxyAuthenticationCredential":\
        {"AccessKeyId":"ABCDEFGHIJKLMNOPQRST","RawSecretAccessKey":"\(secret)"}}
        """

    @Test func `of type EXTERNAL_KEY_STORE are read whole, and their secret goes into no record`() throws {
        var recorded = ""
        let request = try CreateCustomKeyStoreRequest.decode(Array(Self.external.utf8)) { recorded = "\($0)" }
        #expect(recorded.contains("/a/kms/xks/v1") && !recorded.contains(Self.secret))
        let new = request.takeKeyStore()
        #expect(new.name == "abroad" && new.secret.count == 44)
        guard case .proxy(let address, accessKeyID: "ABCDEFGHIJKLMNOPQRST") = new.basis else {
            Issue.record("it is of another type")
            return
        }
        #expect(address == XKSProxyAddress(uriEndpoint: "https://XKS.example.com", uriPath: "/a/kms/xks/v1"))
        #expect(address.host == "xks.example.com")
    }

    @Test(arguments: [
        "XksProxyConnectivity", "XksProxyUriEndpoint", "XksProxyUriPath", "XksProxyAuthenticationCredential",
        "RawSecretAccessKey", "AccessKeyId",
    ])
    func `of type EXTERNAL_KEY_STORE need all that they stand on`(member: String) {
        let error = refusal(
            CreateCustomKeyStoreRequest.self, Self.external.replacing(#""\#(member)""#, with: #""Other""#))
        #expect(error?.code == "ValidationException")
        #expect(error?.message?.lowercased().contains(member.lowercased()) == true)
    }

    @Test func `of one type have nothing of the other, and no VPC endpoint service is known`() {
        let both = Self.external.replacing(#"{"Custom"#, with: #"{"KeyStorePassword":"1234567","Custom"#)
        #expect(refusal(CreateCustomKeyStoreRequest.self, both)?.message?.contains("AWS_CLOUDHSM") == true)
        let service = Self.external.replacing("PUBLIC_ENDPOINT", with: "VPC_ENDPOINT_SERVICE")
        #expect(
            refusal(CreateCustomKeyStoreRequest.self, service)?.code == "XksProxyVpcEndpointServiceNotFoundException")
    }

    @Test func `are updated with what was given, and nothing else`() throws {
        let body =
            #"{"CustomKeyStoreId":"cks-1","XksProxyAuthenticationCredential":"#
            + #"{"AccessKeyId":"ABCDEFGHIJKLMNOPQRST","RawSecretAccessKey":"\#(Self.secret)"}}"#
        let update = try decode(UpdateCustomKeyStoreRequest.self, body).takeUpdate()
        #expect(update.name == nil && update.clusterID == nil)
        #expect(update.proxy == XKSProxyUpdate(accessKeyID: "ABCDEFGHIJKLMNOPQRST"))
    }

    @Test func `keep a proxy's secret out of errors and records`() {
        let credential =
            #""XksProxyAuthenticationCredential":{"AccessKeyId":"short","RawSecretAccessKey":"TOPSECRETTOPSECRET"}"#
        let body = #"{"CustomKeyStoreId":"cks-1",\#(credential)}"#
        var recorded = ""
        do {
            _ = try UpdateCustomKeyStoreRequest.decode(Array(body.utf8)) { recorded = "\($0)" }
            Issue.record("it was taken")
        } catch {
            #expect(error.message?.contains("xksProxyAuthenticationCredential.rawSecretAccessKey") == true)
            #expect(error.message?.contains("TOPSECRET") == false && error.message?.contains("short") == false)
        }
        #expect(!recorded.contains("TOPSECRET") && !recorded.contains("short"))
    }

    private static let store = CustomKeyStore(
        id: .random(), scope: Scope(account: AccountID("111122223333")!, region: Region("eu-central-1")!),
        name: "payroll", creationDate: Timestamp(milliseconds: 1_767_225_600_006),
        backing: .cloudHSM(
            CloudHSMBacking(
                clusterID: "cluster-2a34b5cdefg", trustAnchor: "a certificate",
                sealedPassword: SealedBytes(Array(repeating: 7, count: 44))!)))

    @Test func `are shown with their error when they failed, and without one else`() throws {
        var store = Self.store
        let shown = { (store: CustomKeyStore) in
            try json(ListResponse(customKeyStores: Page(items: [store], nextMarker: nil)))["CustomKeyStores"]
        }
        let common: [String: JSONValue] = [
            "CustomKeyStoreId": .string(store.id.description), "CustomKeyStoreName": "payroll",
            "CloudHsmClusterId": "cluster-2a34b5cdefg", "TrustAnchorCertificate": "a certificate",
            "CreationDate": 1_767_225_600.006, "CustomKeyStoreType": "AWS_CLOUDHSM",
        ]
        store.connection = .connected
        #expect(try shown(store) == .array([.object(common.merging(["ConnectionState": "CONNECTED"]) { $1 })]))
        store.connection = .failed(.userLockedOut)
        let failed: [String: JSONValue] = ["ConnectionState": "FAILED", "ConnectionErrorCode": "USER_LOCKED_OUT"]
        #expect(try shown(store) == .array([.object(common.merging(failed) { $1 })]))
        #expect(try EmptyStructureResponse().encoded() == Data("{}".utf8))
    }

    @Test func `are shown with their proxy, and without its secret`() throws {
        var store = Self.store
        store.backing = .xksProxy(
            XKSProxyBacking(
                uriEndpoint: "https://xks.example.com", uriPath: "/kms/xks/v1", accessKeyID: "ABCDEFGHIJKLMNOPQRST",
                sealedSecret: SealedBytes(Array(repeating: 7, count: 72))!))
        let shown = try json(ListResponse(customKeyStores: Page(items: [store], nextMarker: nil)))["CustomKeyStores"]
        let expected: [String: JSONValue] = [
            "CustomKeyStoreId": .string(store.id.description), "CustomKeyStoreName": "payroll",
            "CreationDate": 1_767_225_600.006, "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
            "ConnectionState": "DISCONNECTED",
            "XksProxyConfiguration": .object([
                "Connectivity": "PUBLIC_ENDPOINT", "AccessKeyId": "ABCDEFGHIJKLMNOPQRST",
                "UriEndpoint": "https://xks.example.com", "UriPath": "/kms/xks/v1",
            ]),
        ]
        #expect(shown == .array([.object(expected)]))
    }

    @Test func `are shown with their keys`() throws {
        let store = Self.store
        var key = Key(
            address: KeyAddress(scope: store.scope, id: .random()), spec: .symmetricDefault, usage: .encryptDecrypt,
            origin: .awsCloudHSM, lifecycle: .enabled, description: "", policy: "", tags: [:],
            creationDate: store.creationDate, materials: [.new(number: 1, at: store.creationDate)], currentMaterial: 1)
        key.customKeyStore = store.id
        let description = KeyDescription(key: key, state: .unavailable, clusterID: "cluster-2a34b5cdefg")
        guard case .object(let shown)? = try json(KeyMetadataResponse(description))["KeyMetadata"] else { return }
        #expect(shown["CustomKeyStoreId"] == .string(store.id.description))
        #expect(shown["CloudHsmClusterId"] == "cluster-2a34b5cdefg")
        #expect(shown["KeyState"] == "Unavailable" && shown["Enabled"] == false)
    }
}
