import CPKCS11
import KMSTesting
import SecureMemory
import Testing

@testable import PKCS11

extension `PKCS#11 over SoftHSM` {
    @Suite struct `An attribute` {
        @Test func `that the token keeps to itself is unavailable, and spoils no other`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey([
                Attribute(.sensitive, true), Attribute(.extractable, false), Attribute(.label, "secret"),
            ])
            let unknown = AttributeType(rawValue: 0x8000_1234)
            let found = try session.attributes(
                [.value, .label, unknown, .keyType, .valueLength, .modulus, .sensitive], of: key
            )
            #expect(found[.value] == .unavailable, "CKR_ATTRIBUTE_SENSITIVE")
            #expect(found[unknown] == .unavailable, "CKR_ATTRIBUTE_TYPE_INVALID")
            #expect(found[.modulus] == .unavailable, "an AES key has none")
            #expect(found[.label]?.bytes == Array("secret".utf8))
            #expect(found[.keyType]?.number == KeyType.aes.rawValue)
            #expect(found[.valueLength]?.number == 32)
            #expect(found[.sensitive]?.flag == true)
        }

        @Test func `of no length has a value: nothing`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey([Attribute(.label, ""), Attribute(.id, [UInt8]())])
            let found = try session.attributes([.label, .id], of: key)
            #expect(found == [.label: .value([]), .id: .value([])])
        }

        @Test func `of a key that the token made says so`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey([Attribute(.sensitive, true), Attribute(.extractable, false)])
            let made = try session.attributes([.local, .alwaysSensitive, .neverExtractable], of: key)
            #expect(made.values.allSatisfy { $0.flag == true })
            let imported = try session.importAESKey(.random(32))
            let brought = try session.attributes([.local, .alwaysSensitive, .neverExtractable], of: imported)
            #expect(brought.values.allSatisfy { $0.flag == false }, "an imported key was known outside")
        }

        @Test func `of an object that is gone is an error`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey()
            try session.destroyObject(key)
            expect(.objectHandleInvalid, from: "C_GetAttributeValue") { _ = try session.reading(.label, of: key) }
        }

        @Test func `has a number or a flag only where it has the size of one`() {
            #expect(AttributeReading.value([1, 2]).number == nil)
            #expect(AttributeReading.value([1, 2]).flag == nil)
            #expect(AttributeReading.value([]).flag == nil)
            #expect(AttributeReading.unavailable.bytes == nil)
            #expect(AttributeReading.value(Attribute(.keyType, 0x1122_3344 as UInt).value).number == 0x1122_3344)
            #expect(AttributeReading.value(Attribute(.token, true).value).flag == true)
        }

        @Test func `of a module that claims a gigabyte is an error, not an allocation`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey()
            let boast: CK_C_GetAttributeValue = { _, _, template, _ in
                unsafe template?.pointee.ulValueLen = 1 << 30
                return CKR_OK
            }
            try unsafe withEntry(\.C_GetAttributeValue, boast) {
                expect(.generalError, from: "C_GetAttributeValue") { _ = try session.reading(.label, of: key) }
            }
        }

        @Test func `that grows between the two looks is unavailable, not read beyond its room`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey()
            let grow: CK_C_GetAttributeValue = { _, _, template, _ in
                unsafe template?.pointee.ulValueLen = template?.pointee.pValue == nil ? 4 : 4000
                return CKR_OK
            }
            try unsafe withEntry(\.C_GetAttributeValue, grow) {
                let found = try session.reading(.label, of: key)
                #expect(found == .unavailable)
            }
        }
    }

    @Suite struct `A search` {
        private let label = "search \(UInt64.random(in: 0 ... .max))"

        private func newData(_ session: borrowing Session) throws -> ObjectHandle {
            try session.createObject([
                Attribute(.objectClass, ObjectClass.data.rawValue), Attribute(.token, false),
                Attribute(.label, label),
            ])
        }

        @Test(arguments: [0, 1, 255, 256, 257, 512, 700])
        func `finds them all, in however many steps`(count: Int) throws {
            let session = try Fixture.session()
            let made = try (0..<count).map { _ in try newData(session) }
            let found = try session.findObjects([Attribute(.label, label)])
            #expect(found.count == count)
            #expect(Set(found) == Set(made))
        }

        @Test func `ends at its limit, and the next one begins anew`() throws {
            let session = try Fixture.session()
            for _ in 0..<300 { _ = try newData(session) }
            for limit in [1, 2, 256, 299, 300, 301] {
                #expect(try session.findObjects([Attribute(.label, label)], limit: limit).count == min(limit, 300))
            }
            #expect(try session.findObjects([Attribute(.label, label)], limit: 0).isEmpty)
        }

        @Test func `takes every attribute into account`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey([Attribute(.label, label), Attribute(.id, [1, 2])])
            _ = try newData(session)
            let aes = Attribute(.keyType, KeyType.aes.rawValue)
            #expect(try session.findObjects([Attribute(.label, label), aes]) == [key])
            #expect(try session.findObjects([Attribute(.label, label), Attribute(.id, [1, 2])]) == [key])
            #expect(try session.findObjects([Attribute(.label, label), Attribute(.id, [1, 3])]) == [])
            #expect(try session.findObjects([]).count >= 2, "without a template, all")
        }

        @Test func `that fails in the middle does not block the session`() throws {
            let session = try Fixture.session()
            let object = try newData(session)
            let fail: CK_C_FindObjects = { _, _, _, _ in CKR_DEVICE_ERROR }
            for _ in 0..<2 {
                try unsafe withEntry(\.C_FindObjects, fail) {
                    expect(.deviceError, from: "C_FindObjects") {
                        _ = try session.findObjects([Attribute(.label, label)])
                    }
                }
            }
            #expect(try session.findObjects([Attribute(.label, label)]) == [object], "no CKR_OPERATION_ACTIVE")
        }

        @Test func `tells its first error when ending it fails too`() throws {
            let session = try Fixture.session()
            let fail: CK_C_FindObjects = { _, _, _, _ in CKR_DEVICE_ERROR }
            let failToo: CK_C_FindObjectsFinal = { _ in CKR_GENERAL_ERROR }
            try withEntry(\.C_FindObjectsFinal, failToo) {
                expect(.generalError, from: "C_FindObjectsFinal") { _ = try session.findObjects([]) }
            }
            let other = try Fixture.session()
            try withEntry(\.C_FindObjectsFinal, failToo) {
                try unsafe withEntry(\.C_FindObjects, fail) {
                    expect(.deviceError, from: "C_FindObjects") { _ = try other.findObjects([]) }
                }
            }
        }

        @Test func `believes no module that found more than there was room for`() throws {
            let session = try Fixture.session()
            let boast: CK_C_FindObjects = { _, _, _, count in
                unsafe count?.pointee = 1 << 20
                return CKR_OK
            }
            try unsafe withEntry(\.C_FindObjects, boast) {
                let found = try session.findObjects([], limit: 600)
                #expect(found.count == 600)
            }
        }
    }

    @Suite struct `An object` {
        @Test func `of the token outlives its session, one of the session does not`() throws {
            let id = [UInt8].random(16)
            let keyID = Attribute(.id, id)
            do {
                let session = try Fixture.session()
                _ = try session.newAESKey([keyID])
                #expect(try session.findObjects([keyID]).count == 1)
                try session.close()
            }
            let session = try Fixture.session()
            #expect(try session.findObjects([keyID]).isEmpty)
            let made = try session.generateKey(
                Mechanism(.aesKeyGeneration), [Attribute(.valueLength, 32 as UInt), Attribute(.token, true), keyID]
            )
            let other = try Fixture.session()
            #expect(try other.findObjects([keyID]) == [made])
            try other.destroyObject(made)
            #expect(try session.findObjects([keyID]).isEmpty)
            expect(.objectHandleInvalid, from: "C_DestroyObject") { try session.destroyObject(made) }
        }

        @Test func `can be copied, with other attributes and the same key`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey([Attribute(.label, "original"), Attribute(.id, [1])])
            let copy = try session.copyObject(key, [Attribute(.label, "copy"), Attribute(.id, [UInt8]())])
            #expect(copy != key)
            let found = try session.attributes([.label, .id, .sensitive, .keyType], of: copy)
            #expect(found[.label]?.bytes == Array("copy".utf8))
            #expect(found[.id]?.bytes == [])
            let iv = [UInt8](repeating: 7, count: 12)
            let sealed = try session.seal([1, 2, 3], key, iv: iv, aad: [])
            #expect(try session.open(sealed, copy, iv: iv, aad: []) == [1, 2, 3])
            try session.destroyObject(key)
            #expect(try session.open(sealed, copy, iv: iv, aad: []) == [1, 2, 3], "the copy stands by itself")
        }

        @Test func `cannot be copied into a weaker one`() throws {
            let session = try Fixture.session()
            let key = try session.newAESKey([Attribute(.sensitive, true), Attribute(.extractable, false)])
            #expect(throws: PKCS11Error.self) { _ = try session.copyObject(key, [Attribute(.extractable, true)]) }
            #expect(throws: PKCS11Error.self) { _ = try session.copyObject(key, [Attribute(.sensitive, false)]) }
        }

        @Test func `with a template that makes no sense is refused`() throws {
            let session = try Fixture.session()
            #expect(throws: PKCS11Error.self) { _ = try session.createObject([]) }
            #expect(throws: PKCS11Error.self) { _ = try session.generateKey(Mechanism(.aesKeyGeneration), []) }
            expect(.mechanismInvalid, from: "C_GenerateKey") {
                _ = try session.generateKey(Mechanism(MechanismType(rawValue: 0x8000_0009)), [])
            }
        }
    }
}
