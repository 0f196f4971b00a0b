import HTTPTypes
import KMSCore
import KMSTesting
import LibCrypto
import Testing
import XKSCore

@testable import XKSProxy

@Suite struct `The XKS Proxy API` {
    @Test func `GetKeyMetadata tells what the key is, and its state`() async throws {
        let rig = try await Rig()
        let id = try await rig.key("two", uses: [.decrypt])
        try await rig.live { client in
            let body = #"{"requestMetadata":\#(ProxyClient.metadata)}"#
            var answer = try await client.post("/keys/one/metadata", body)
            #expect(answer.status == 200)
            #expect(
                answer.body == #"{"keySpec":"AES_256","keyUsage":["ENCRYPT","DECRYPT"],"keyStatus":"ENABLED"}"#)
            try await rig.keys.disableKey(id.description, by: Rig.context())
            answer = try await client.post("/keys/two/metadata", body)
            #expect(answer.body == #"{"keySpec":"AES_256","keyUsage":["DECRYPT"],"keyStatus":"DISABLED"}"#)
            expect(try await client.post("/keys/three/metadata", body), "KeyNotFoundException", 404)
        }
    }

    @Test(arguments: [0, 1, 32, 4096, 4300, 8192], [nil, 0, 1, 300, 8192, 32_768])
    func `what Encrypt gives, Decrypt takes`(size: Int, additional: Int?) async throws {
        let rig = try await Rig()
        let plaintext = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let aad =
            additional.map {
                #","additionalAuthenticatedData":"\#(base64((0..<$0).map { UInt8(truncatingIfNeeded: $0) }))""#
            } ?? ""
        try await rig.live { client in
            let sealed = try await client.encrypt(#","plaintext":"\#(base64(plaintext))"\#(aad)"#)
            #expect(sealed.status == 200, "\(sealed)")
            #expect(sealed.bytes("ciphertext")?.count == size)
            #expect(sealed.bytes("initializationVector")?.count == 12)
            #expect(sealed.bytes("authenticationTag")?.count == 16)
            #expect(try #require(sealed.bytes("ciphertextMetadata")).count <= 20)
            #expect(sealed["ciphertextDataIntegrityValue"] == nil)
            let opened = try await client.decrypt(sealed.ciphertext + aad)
            #expect(opened.status == 200)
            #expect(opened.body == #"{"plaintext":"\#(base64(plaintext))"}"#)
        }
    }

    @Test func `the integrity value is over the parts as they are sent`() async throws {
        let rig = try await Rig()
        try await rig.live { client in
            let aad = Array("project=nile".utf8)
            let answer = try await client.encrypt(
                #","plaintext":"aGVsbG8=","additionalAuthenticatedData":"\#(base64(aad))","#
                    + #""ciphertextDataIntegrityValueAlgorithm":"SHA_256""#)
            let parts = ["ciphertextMetadata", "initializationVector", "ciphertext", "authenticationTag"].flatMap {
                answer.bytes($0) ?? []
            }
            #expect(answer.bytes("ciphertextDataIntegrityValue") == Digest.sha256.hash(aad + parts))
        }
    }

    @Test func `Encrypt refuses what the specification does not have`() async throws {
        let rig = try await Rig()
        try await rig.live { client in
            for members in [
                "", #","plaintext":null"#, #","plaintext":7"#, #","plaintext":"a""#, #","plaintext":"YQ""#,
                #","plaintext":"YR==""#, #","plaintext":"-_==""#, #","plaintext":"YQ==","plaintext":"YQ==""#,
                #","plaintext":"YQ==","additionalAuthenticatedData":"?""#,
                #","plaintext":"YQ==","ciphertextDataIntegrityValueAlgorithm":"SHA_1""#,
                #","plaintext":"YQ==","encryptionAlgorithm":"AES_GCM""#, #","plaintext":["YQ=="]"#,
            ] {
                expect(try await client.encrypt(members), "ValidationException", 400)
            }
            for body in [
                "", "{}", "[]", "null", "{", "\u{1}", #"{"plaintext":"YQ=="}"#,
                #"{"requestMetadata":\#(ProxyClient.metadata),"plaintext":"YQ=="}"#,
                #"{"requestMetadata":\#(ProxyClient.metadata),"plaintext":"YQ==","encryptionAlgorithm":"AES_CBC"}"#,
                #"{"requestMetadata":{},"plaintext":"YQ==","encryptionAlgorithm":"AES_GCM"}"#,
                #"{"requestMetadata":[],"plaintext":"YQ==","encryptionAlgorithm":"AES_GCM"}"#,
                String(repeating: "[", count: 10_000),
                #"{"a":\#(String(repeating: "[", count: 40))\#(String(repeating: "]", count: 40))}"#,
            ] {
                expect(try await client.post("/keys/one/encrypt", body), "ValidationException", 400)
            }
            #expect(rig.backend.calls(of: .encrypt) <= 2, "nothing of it reached the token")
        }
    }

    @Test func `what is beyond this implementation is told from what is wrong`() async throws {
        let rig = try await Rig()
        try await rig.live { client in
            let long = base64([UInt8](repeating: 1, count: 8193))
            expect(try await client.encrypt(#","plaintext":"\#(long)""#), "UnsupportedOperationException", 501)
            for size in [32_769, 65_535, 65_536, 100_000] {
                let aad = #","additionalAuthenticatedData":"\#(base64([UInt8](repeating: 1, count: size)))""#
                expect(
                    try await client.encrypt(#","plaintext":"YQ=="\#(aad)"#), "UnsupportedOperationException", 501)
                expect(
                    try await client.decrypt(
                        #","ciphertext":"YQ==","initializationVector":"AAAAAAAAAAAAAAAA","#
                            + #""authenticationTag":"AAAAAAAAAAAAAAAAAAAAAA=="\#(aad)"#),
                    "UnsupportedOperationException", 501)
            }
            let beyond = String(repeating: " ", count: 257 << 10)
            let answer = try await client.post("/keys/one/encrypt", beyond)
            expect(answer, "ValidationException", 400)
            #expect(answer.headers[.connection] == "close")
        }
    }

    @Test func `members that nobody knows yet are passed over, and unknown operations too`() async throws {
        let rig = try await Rig()
        try await rig.live { client in
            let metadata = """
                { "awsPrincipalArn" : "AWS Internal", "kmsKeyArn":"a\\u0072n", "kmsOperation":"SomethingNew",
                  "kmsRequestId":"not a uuid", "somethingElse": {"a":[1,2.5e3,true,null,"\\u00e9\\ud83d\\ude00"]} }
                """
            let answer = try await client.post(
                "/keys/one/encrypt",
                #"{"new":[{}],"requestMetadata":\#(metadata),"plaintext":"YQ==","encryptionAlgorithm":"AES_GCM"}"#)
            #expect(answer.status == 200, "\(answer)")
            let long = String(repeating: "a", count: 2048)
            let body =
                #"{"requestMetadata":{"awsPrincipalArn":"\#(long)","kmsKeyArn":"\#(long)","kmsOperation":"Encrypt","#
                + #""kmsRequestId":"1"},"plaintext":"YQ==","encryptionAlgorithm":"AES_GCM"}"#
            #expect(try await client.post("/keys/one/encrypt", body).status == 200)
        }
    }

    @Test func `Decrypt tells a ciphertext that is corrupt or not whole from other faults`() async throws {
        let rig = try await Rig()
        try await rig.key("two")
        try await rig.live { client in
            let sealed = try await client.encrypt(#","plaintext":"aGVsbG8=""#)
            let aad = #","additionalAuthenticatedData":"YQ==""#
            let whole = sealed.ciphertext
            for members in [
                "", whole + aad, whole.replacing("ciphertextMetadata", with: "other"),
                whole.replacing("initializationVector", with: "other"),
                whole.replacing("authenticationTag", with: "other"),
                whole.replacing(#""ciphertext""#, with: #""other""#),
                whole.replacing(sealed["authenticationTag"] ?? "", with: "AAAA"),
                whole.replacing(sealed["initializationVector"] ?? "", with: "AAAA"),
                whole.replacing(sealed["initializationVector"] ?? "", with: "AAAAAAAAAAAAAAAAAAAAAA=="),
                whole.replacing(sealed["authenticationTag"] ?? "", with: "AAAAAAAAAAAAAAAAAAAAAA=="),
                whole.replacing(sealed["ciphertextMetadata"] ?? "", with: "AAAA"),
            ] {
                expect(try await client.decrypt(members), "InvalidCiphertextException", 400)
            }
            expect(try await client.decrypt(whole, key: "two"), "InvalidCiphertextException", 400)
            expect(
                try await client.decrypt(
                    whole.replacing(sealed["ciphertextMetadata"] ?? "", with: base64([UInt8](repeating: 1, count: 21)))),
                "ValidationException", 400)
            expect(
                try await client.decrypt(whole.replacing(sealed["ciphertext"] ?? "", with: "?")), "ValidationException",
                400)
            #expect(try await client.decrypt(whole)["plaintext"] == "aGVsbG8=")
        }
    }

    @Test func `keys for one use, for none, and disabled ones`() async throws {
        let rig = try await Rig()
        for (id, uses) in [("e", [.encrypt]), ("d", [.decrypt]), ("n", [])] as [(String, Set<KeyExposure.Use>)] {
            try await rig.key(id, uses: uses)
        }
        let disabled = try await rig.key("off")
        try await rig.keys.disableKey(disabled.description, by: Rig.context())
        let pending = try await rig.key("gone")
        _ = try await rig.keys.scheduleKeyDeletion(pending.description, pendingWindowInDays: 7, by: Rig.context())
        try await rig.live { client in
            let sealed = try await client.encrypt(#","plaintext":"YQ==""#, key: "e")
            #expect(sealed.status == 200)
            expect(try await client.decrypt(sealed.ciphertext, key: "e"), "InvalidKeyUsageException", 400)
            for key in ["d", "n"] {
                expect(try await client.encrypt(#","plaintext":"YQ==""#, key: key), "InvalidKeyUsageException", 400)
            }
            expect(try await client.decrypt(sealed.ciphertext, key: "n"), "InvalidKeyUsageException", 400)
            for key in ["off", "gone"] {
                expect(try await client.encrypt(#","plaintext":"YQ==""#, key: key), "InvalidStateException", 400)
                expect(try await client.decrypt(sealed.ciphertext, key: key), "InvalidStateException", 400)
            }
        }
    }

    @Test func `GetHealthStatus tells of the tokens, and asks nobody's policy`() async throws {
        let rig = try await Rig()
        _ = try await rig.stores.setPolicy(
            #"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}"#,
            of: "acme", by: Rig.context())
        try await rig.live { client in
            let body = #"{"requestMetadata":{"kmsOperation":"KmsHealthCheck","kmsRequestId":"1"}}"#
            func status(_ status: String) -> String {
                #"{"xksProxyFleetSize":1,"xksProxyVendor":"Strongroom","xksProxyModel":"Strongroom test","#
                    + #""ekmVendor":"Maker","ekmFleetDetails":[{"id":"token","model":"T\"1","healthStatus":"\#(status)"}]}"#
            }
            #expect(try await client.post("/health", body).body == status("UNAVAILABLE"))
            _ = await rig.health.check()
            #expect(try await client.post("/health", body).body == status("ACTIVE"))
            for body in [
                "{}", #"{"requestMetadata":{}}"#, #"{"requestMetadata":{"kmsOperation":"","kmsRequestId":"1"}}"#,
            ] {
                expect(try await client.post("/health", body), "ValidationException", 400)
            }
            expect(try await client.encrypt(#","plaintext":"YQ==""#), "AccessDeniedException", 403)
            let body2 = #"{"requestMetadata":\#(ProxyClient.metadata)}"#
            expect(try await client.post("/keys/one/metadata", body2), "AccessDeniedException", 403)
        }
        let denied = try #require(rig.audit.records.last)
        #expect(denied.decisions.count == 1 && denied.error?.code == "AccessDeniedException")
    }

    @Test func `a store that is disabled serves nothing, and serves again`() async throws {
        let rig = try await Rig()
        let health = #"{"requestMetadata":{"kmsOperation":"KmsHealthCheck","kmsRequestId":"1"}}"#
        try await rig.live { client in
            _ = try await rig.stores.updateStore("acme", XKSStoreUpdate(isEnabled: false), by: Rig.context())
            expect(try await client.encrypt(#","plaintext":"YQ==""#), "InvalidStateException", 400)
            expect(try await client.post("/health", health), "InvalidStateException", 400)
            _ = try await rig.stores.updateStore("acme", XKSStoreUpdate(isEnabled: true), by: Rig.context())
            #expect(try await client.encrypt(#","plaintext":"YQ==""#).status == 200)
        }
    }

    @Test func `a store's quota is its own`() async throws {
        let rig = try await Rig()
        let other = try await Rig.newStore("other", in: rig.stores)
        try await rig.key("one", of: "other")
        _ = try await rig.stores.updateStore("acme", XKSStoreUpdate(requestsPerSecond: 2), by: Rig.context())
        try await rig.live { client in
            for _ in 0..<2 { #expect(try await client.encrypt(#","plaintext":"YQ==""#).status == 200) }
            expect(try await client.encrypt(#","plaintext":"YQ==""#), "ThrottlingException", 429)
            let second = client.with {
                $0.credential = other
                $0.prefix = "/other/kms/xks/v1"
            }
            #expect(try await second.encrypt(#","plaintext":"YQ==""#).status == 200)
            rig.clock.advance(byMilliseconds: 1000)
            #expect(try await client.encrypt(#","plaintext":"YQ==""#).status == 200)
        }
    }
}
