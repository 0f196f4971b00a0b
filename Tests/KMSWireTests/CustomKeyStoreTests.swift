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
        #expect(new.name == "payroll" && new.clusterID == "cluster-2a34b5cdefg" && new.password.count == 7)
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
    func `of the other type are looked at, and then not served yet`(
        member: String, right: String, wrong: String
    ) {
        let body = { (value: String) in
            #"{"CustomKeyStoreName":"a","CustomKeyStoreType":"EXTERNAL_KEY_STORE","\#(member)":\#(value)}"#
        }
        let served = refusal(CreateCustomKeyStoreRequest.self, body(right))
        #expect(served?.code == "UnsupportedOperationException")
        #expect(served?.message?.contains("EXTERNAL_KEY_STORE") == true)
        #expect(refusal(CreateCustomKeyStoreRequest.self, body(wrong))?.code == "ValidationException")
        // In an update, and for a key store of type AWS_CLOUDHSM, they have no place.
        let update = #"{"CustomKeyStoreId":"cks-1","\#(member)":\#(right)}"#
        #expect(refusal(UpdateCustomKeyStoreRequest.self, update)?.code == "ValidationException")
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
