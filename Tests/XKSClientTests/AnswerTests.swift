import KMSCore
import Testing

@testable import XKSClient

@Suite struct `An XKS proxy's answer` {
    private func answer(_ json: String, _ status: Int = 200) -> XKSTransport.Answer {
        XKSTransport.Answer(status: status, body: Array(json.utf8))
    }

    private func kind<T>(_ body: () throws(XKSProxyFailure) -> T) -> XKSProxyFailure.Kind? {
        do {
            _ = try body()
            return nil
        } catch {
            return error.kind
        }
    }

    private static let names: [(String, XKSProxyFailure.Kind)] = [
        ("ValidationException", .validation), ("InvalidStateException", .invalidState),
        ("InvalidCiphertextException", .invalidCiphertext), ("InvalidKeyUsageException", .invalidKeyUsage),
        ("AuthenticationFailedException", .authenticationFailed), ("AccessDeniedException", .accessDenied),
        ("KeyNotFoundException", .keyNotFound), ("InvalidUriPathException", .invalidURIPath),
        ("ThrottlingException", .throttling), ("UnsupportedOperationException", .unsupportedOperation),
        ("DependencyTimeoutException", .dependencyTimeout), ("InternalException", .internalFailure),
    ]

    @Test(arguments: names)
    func `with an errorName is that error`(name: String, expected: XKSProxyFailure.Kind) {
        do throws(XKSProxyFailure) {
            _ = try XKSAnswers.read(
                XKSAnswers.Decrypted.self,
                from: answer(#"{"errorName":"\#(name)","errorMessage":"bad\u001b[31m luck","more":1}"#, 400))
            Issue.record("it was taken")
        } catch {
            #expect(error.kind == expected && error.cause.contains("bad[31m luck"), "nothing that steers a terminal")
        }
    }

    @Test(arguments: ["", "<html>", "[]", #"{"errorName":"Surprise"}"#, #"{"errorMessage":"x"}"#, "{\"errorName\":"])
    func `of an error that cannot be read is an invalid response`(body: String) {
        for status in [204, 301, 400, 404, 500, 503] {
            #expect(
                kind { () throws(XKSProxyFailure) in
                    try XKSAnswers.read(XKSAnswers.Decrypted.self, from: answer(body, status))
                } == .invalidResponse)
        }
    }

    // 33 bytes of additional data, from appendix C of the XKS Proxy API.
    private static let encrypted = """
        {"ciphertext":"ghxkK1txeDNn3q8Y","initializationVector":"HMrlRw85cAJUd5Ax",\
        "authenticationTag":"vBxN2ncH1oEkR8WVXpmyYQ==","ciphertextMetadata":"a2V5X3ZlcnNpb249MQ==",\
        "ciphertextDataIntegrityValue":"qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc="}
        """

    private func read(_ json: String, size: Int = 12) throws(XKSProxyFailure) -> ExternalSealing {
        let aad = Array("project=nile,department=marketing".utf8)
        return try XKSAnswers.read(XKSAnswers.Encrypted.self, from: answer(json)).checked(size: size) {
            $0.integrityValue(aad)
        }
    }

    @Test func `of the specification's own example is taken, with its integrity value`() throws {
        let sealing = try read(Self.encrypted)
        #expect(sealing.metadata == Array("key_version=1".utf8) && sealing.ciphertext.count == 12)
        #expect(sealing.iv.count == 12 && sealing.tag.count == 16)
    }

    @Test(arguments: [
        ("ghxkK1txeDNn3q8Y", "ghxkK1txeDNn3q8Z"), ("ghxkK1txeDNn3q8Y", "ghxkK1txeDNn3q8"),
        ("ghxkK1txeDNn3q8Y", "ghxkK1txeDNn3g=="), ("HMrlRw85cAJUd5Ax", "HMrlRw85cAJUd5Ay"),
        ("HMrlRw85cAJUd5Ax", "HMrlRw85cAJUdw=="), ("vBxN2ncH1oEkR8WVXpmyYQ==", "vBxN2ncH1oEkR8WVXpmy"),
        ("a2V5X3ZlcnNpb249MQ==", "a2V5X3ZlcnNpb249Mg=="),
        ("a2V5X3ZlcnNpb249MQ==", "a2V5X3ZlcnNpb249MWEya2V5X3ZlcnNpb249MWEy"),
        ("qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsc=", "qHA/ImC9h5HsLRXqCyPmWgYx7tzyoTplzILbP0fPXsg="),
        (#""ciphertextDataIntegrityValue""#, #""somethingElse""#), (#""authenticationTag""#, #""tag""#),
        (#""ghxkK1txeDNn3q8Y""#, "7"), ("}", ""), ("{", "[{"),
    ])
    func `to Encrypt that is not exactly right is an invalid response`(part: String, wrong: String) {
        #expect(
            kind { () throws(XKSProxyFailure) in
                try read(Self.encrypted.replacing(part, with: wrong))
            } == .invalidResponse)
    }

    @Test func `to Encrypt is as long as the plaintext`() {
        #expect(kind { () throws(XKSProxyFailure) in try read(Self.encrypted, size: 13) } == .invalidResponse)
    }

    @Test func `to Decrypt is as long as the ciphertext`() throws {
        let plaintext = try XKSAnswers.read(XKSAnswers.Decrypted.self, from: answer(#"{"plaintext":"AAEC","x":[]}"#))
        #expect(try plaintext.checked(size: 3) == [0, 1, 2])
        #expect(kind { () throws(XKSProxyFailure) in try plaintext.checked(size: 4) } == .invalidResponse)
        for text in ["AAE", "AAE_", "AA EC", "AAEC===="] {
            let wrong = try XKSAnswers.read(
                XKSAnswers.Decrypted.self, from: answer(#"{"plaintext":"\#(text)"}"#))
            #expect(kind { () throws(XKSProxyFailure) in try wrong.checked(size: 3) } == .invalidResponse)
        }
    }

    @Test func `to GetKeyMetadata is shown to callers, so it is names`() throws {
        func read(_ json: String) throws(XKSProxyFailure) -> ExternalKeyMetadata {
            try XKSAnswers.read(XKSAnswers.Metadata.self, from: answer(json)).checked()
        }
        let right = #"{"keySpec":"AES_256","keyUsage":["ENCRYPT","DECRYPT","WRAP"],"keyStatus":"ENABLED"}"#
        #expect(
            try read(right)
                == ExternalKeyMetadata(spec: "AES_256", usage: ["ENCRYPT", "DECRYPT", "WRAP"], status: "ENABLED"))
        for (part, wrong) in [("AES_256", ""), ("AES_256", "AES 256"), ("WRAP", "<b>"), ("ENABLED", "ON\\n")] {
            #expect(
                kind { () throws(XKSProxyFailure) in
                    try read(right.replacing(part, with: wrong))
                } == .invalidResponse)
        }
    }

    private static func health(_ states: [String], fleet: Int = 1) -> String {
        let managers = states.map { #"{"id":"a","model":"b","healthStatus":"\#($0)"}"# }.joined(separator: ",")
        return #"{"xksProxyFleetSize":\#(fleet),"xksProxyVendor":"v","xksProxyModel":"m","ekmVendor":"e","#
            + #""ekmFleetDetails":[\#(managers)]}"#
    }

    @Test func `to GetHealthStatus is healthy while one key manager of one to ten can be used`() throws {
        func read(_ json: String) throws(XKSProxyFailure) {
            try XKSAnswers.read(XKSAnswers.Health.self, from: answer(json)).check()
        }
        for states in [["ACTIVE"], ["DEGRADED"], ["UNAVAILABLE", "ACTIVE"], Array(repeating: "ACTIVE", count: 10)] {
            try read(Self.health(states))
        }
        #expect(
            kind { () throws(XKSProxyFailure) in try read(Self.health(["UNAVAILABLE", "UNAVAILABLE"])) } == .unhealthy)
        for wrong in [
            Self.health([]), Self.health(Array(repeating: "ACTIVE", count: 11)), Self.health(["active"]),
            Self.health(["ACTIVE"], fleet: 0), Self.health(["ACTIVE"]).replacing("ekmVendor", with: "x"), "{}", "null",
        ] {
            #expect(kind { () throws(XKSProxyFailure) in try read(wrong) } == .invalidResponse)
        }
    }
}
