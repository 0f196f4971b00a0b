import CPKCS11
import KMSTesting
import SecureMemory
import Synchronization
import Testing

@testable import PKCS11

/// Global, because a C function pointer captures nothing.
private let closed = Atomic(0)

extension `PKCS#11 over SoftHSM` {
    @Suite struct `A session` {
        let fixture: Fixture

        init() throws {
            fixture = try Fixture.get()
        }

        @Test func `may log in where another one has`() throws {
            let first = try Fixture.session()
            try first.login(pin: fixture.pin())
            let second = try Session(on: fixture.slot)
            try second.login(pin: fixture.pin())
            _ = try second.newAESKey()
        }

        @Test func `with a wrong PIN is refused, and another may log in with the right one`() throws {
            let slot = try #require(try fixture.slots(labelled: Fixture.spare).first)
            let session = try Session(on: slot)
            for wrong in ["0000", "", String(repeating: "x", count: 300)] {
                let error = #expect(throws: PKCS11Error.self) {
                    try session.login(pin: SecretBytes(copying: Array(wrong.utf8)))
                }
                #expect(error?.function == "C_Login")
                let refusals: [ReturnValue?] = [.pinIncorrect, .pinLenRange, .argumentsBad]
                #expect(
                    refusals.contains(error?.returnValue), "a PIN of \(wrong.count) bytes: \(String(describing: error))"
                )
            }
            expect(.userNotLoggedIn) { _ = try session.newAESKey([Attribute(.private, true)]) }
            try session.login(pin: fixture.pin())
            _ = try session.newAESKey([Attribute(.private, true)])
            try session.logout()
            expect(.userNotLoggedIn) { _ = try session.newAESKey([Attribute(.private, true)]) }
        }

        @Test func `is closed when it is dropped, and once only when it is closed`() throws {
            func count(_ body: () throws -> Void) throws -> Int {
                closed.store(0, ordering: .relaxed)
                let count: CK_C_CloseSession = { _ in
                    closed.add(1, ordering: .relaxed)
                    return CKR_OK
                }
                try withEntry(\.C_CloseSession, count, body)
                return closed.load(ordering: .relaxed)
            }
            #expect(try count { _ = try Session(on: fixture.slot) } == 1)
            #expect(try count { try Session(on: fixture.slot).close() } == 1)
        }

        @Test func `says when closing it fails`() throws {
            let refuse: CK_C_CloseSession = { _ in CKR_DEVICE_ERROR }
            try withEntry(\.C_CloseSession, refuse) {
                expect(.deviceError, from: "C_CloseSession") { try Session(on: fixture.slot).close() }
                // Dropped without a word: there is nobody to tell.
                _ = try Session(on: fixture.slot)
            }
        }

        @Test func `may come and go by the thousand`() throws {
            for _ in 0..<2000 { try Session(on: fixture.slot).close() }
        }

        @Test func `may be used by another thread than the one that opened it`() async throws {
            let session = try Fixture.session()
            let bytes = try await Task.detached { try session.random(32) }.value
            #expect(bytes.count == 32)
        }

        @Test func `has random bytes of the token, never the same`() throws {
            let session = try Fixture.session()
            #expect(try session.random(0) == [])
            #expect(try session.random(1).count == 1)
            #expect(Set(try (0..<100).map { _ in try session.random(16) }).count == 100)
            let long = try session.random(100_000)
            #expect(Set(long).count == 256, "all of a large buffer is filled")
            #expect(Set(long.suffix(2000)).count > 200)
        }
    }

    @Suite struct `A missing function` {
        let fixture: Fixture

        init() throws {
            fixture = try Fixture.get()
        }

        private func expectMissing<F>(
            _ entry: WritableKeyPath<CK_FUNCTION_LIST, F?>, _ name: String,
            sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
        ) throws {
            try withEntry(entry, nil) {
                expect(.functionNotSupported, from: name, sourceLocation: sourceLocation, body)
            }
        }

        @Test func `of the session's is an error, not a crash`() throws {
            let slot = fixture.slot
            let session = try Fixture.session()
            try unsafe expectMissing(\.C_OpenSession, "C_OpenSession") { _ = try Session(on: slot) }
            try unsafe expectMissing(\.C_Login, "C_Login") { try session.login(pin: fixture.pin()) }
            try expectMissing(\.C_Logout, "C_Logout") { try session.logout() }
            try unsafe expectMissing(\.C_InitPIN, "C_InitPIN") { try session.initializePIN(fixture.pin()) }
            try unsafe expectMissing(\.C_GenerateRandom, "C_GenerateRandom") { _ = try session.random(4) }
            try expectMissing(\.C_CloseSession, "C_CloseSession") { try Session(on: slot).close() }
        }

        @Test func `of the slot's is an error, not a crash`() throws {
            let slot = fixture.slot
            try unsafe expectMissing(\.C_GetSlotList, "C_GetSlotList") { _ = try fixture.module.slotsWithToken() }
            try unsafe expectMissing(\.C_GetTokenInfo, "C_GetTokenInfo") { _ = try slot.tokenInfo() }
            try unsafe expectMissing(\.C_GetMechanismList, "C_GetMechanismList") { _ = try slot.mechanisms() }
            try unsafe expectMissing(\.C_GetMechanismInfo, "C_GetMechanismInfo") { _ = try slot.mechanismInfo(.aesGCM) }
            try unsafe expectMissing(\.C_InitToken, "C_InitToken") {
                try slot.initializeToken(label: "x", securityOfficerPIN: fixture.pin())
            }
            try unsafe expectMissing(\.C_Finalize, "C_Finalize") { try fixture.module.finalize() }
            try unsafe expectMissing(\.C_Initialize, "C_Initialize") { _ = try Module(path: SoftHSMToken.modulePath) }
        }

        @Test func `for objects is an error, not a crash`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey()
            try unsafe expectMissing(\.C_CreateObject, "C_CreateObject") { _ = try session.importAESKey(.random(32)) }
            try unsafe expectMissing(\.C_CopyObject, "C_CopyObject") { _ = try session.copyObject(key, []) }
            try expectMissing(\.C_DestroyObject, "C_DestroyObject") { try session.destroyObject(key) }
            try unsafe expectMissing(\.C_GetAttributeValue, "C_GetAttributeValue") {
                _ = try session.reading(.label, of: key)
            }
            try unsafe expectMissing(\.C_FindObjectsInit, "C_FindObjectsInit") { _ = try session.findObjects([]) }
            try unsafe expectMissing(\.C_FindObjects, "C_FindObjects") { _ = try session.findObjects([]) }
            try expectMissing(\.C_FindObjectsFinal, "C_FindObjectsFinal") { _ = try session.findObjects([]) }
        }

        @Test func `for ciphers is an error, not a crash`() throws {
            let iv = [UInt8](repeating: 1, count: 12)
            let session = try Fixture.session()
            let key = try session.newAESKey()
            let ecb = Mechanism(.aesECB)
            // AES-GCM has both its functions looked at in C, which reports under the name of the second.
            try unsafe expectMissing(\.C_EncryptInit, "C_Encrypt") { _ = try session.seal([1], key, iv: iv, aad: []) }
            try unsafe expectMissing(\.C_Encrypt, "C_Encrypt") { _ = try session.seal([1], key, iv: iv, aad: []) }
            try unsafe expectMissing(\.C_DecryptInit, "C_Decrypt") {
                _ = try session.open([UInt8](repeating: 0, count: 16), key, iv: iv, aad: [])
            }
            try unsafe expectMissing(\.C_Decrypt, "C_Decrypt") {
                _ = try session.open([UInt8](repeating: 0, count: 16), key, iv: iv, aad: [])
            }
            try unsafe expectMissing(\.C_SignInit, "C_SignInit") {
                _ = try session.sign([1], key, Mechanism(.sha256HMAC))
            }
            try unsafe expectMissing(\.C_VerifyInit, "C_VerifyInit") {
                _ = try session.verify([1], [1], key, Mechanism(.sha256HMAC))
            }
            try unsafe expectMissing(\.C_EncryptInit, "C_EncryptInit") { _ = try session.transform([1], key, ecb) }
            try unsafe expectMissing(\.C_WrapKey, "C_WrapKey") {
                _ = try session.wrap(key, key, Mechanism(.aesKeyWrap))
            }
            try unsafe expectMissing(\.C_UnwrapKey, "C_UnwrapKey") {
                _ = try unsafe session.unwrapKey([1, 2].span.bytes, with: key, Mechanism(.aesKeyWrap), [])
            }
            try unsafe expectMissing(\.C_DeriveKey, "C_DeriveKey") {
                _ = try session.deriveKey(key, Mechanism(.ecdh1Derive, .ecdh(publicPoint: [])), [])
            }
            try unsafe expectMissing(\.C_GenerateKey, "C_GenerateKey") { _ = try session.newAESKey() }
            try unsafe expectMissing(\.C_GenerateKeyPair, "C_GenerateKeyPair") { _ = try session.newP256Pair() }
        }
    }
}
