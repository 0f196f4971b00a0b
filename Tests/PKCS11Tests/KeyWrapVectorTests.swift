import KMSTesting
import SecureMemory
import Testing

@testable import PKCS11

extension `PKCS#11 over SoftHSM` {
    /// Wycheproof's vectors for the mechanisms that unwrap what is imported.
    @Suite struct `AES key wrap in the token` {
        @Test(arguments: [
            ("aes_wrap_test.json", MechanismType.aesKeyWrap), ("aes_kwp_test.json", .aesKeyWrapPad),
        ])
        func `unwraps what is right, and refuses the rest`(file: String, mechanism: MechanismType) throws {
            let session = try Fixture.session()
            var verdicts: [Wycheproof.Verdict: Int] = [:]
            for test in try Wycheproof.groups(file).flatMap(\.tests) {
                let wrappingKey = try session.createObject(
                    [
                        Attribute(.objectClass, ObjectClass.secretKey.rawValue),
                        Attribute(.keyType, KeyType.aes.rawValue), Attribute(.token, false), Attribute(.unwrap, true),
                    ], secretValue: SecretBytes(copying: try test.fields.bytes("key")))
                let message = try test.fields.bytes("msg")
                let unwrapped = try unwrap(test.fields.bytes("ct"), wrappingKey, mechanism, session)
                switch test.verdict {
                // A secret of no bytes or of fewer than the cipher takes is no key to the token.
                case .valid where !message.isEmpty: #expect(unwrapped == message, "\(test.number) \(test.comment)")
                case .invalid: #expect(unwrapped == nil, "\(test.number) \(test.comment)")
                case .valid, .acceptable: #expect(unwrapped == nil || unwrapped == message, "\(test.number)")
                }
                verdicts[test.verdict, default: 0] += 1
                try session.destroyObject(wrappingKey)
            }
            #expect(verdicts[.valid, default: 0] > 10 && verdicts[.invalid, default: 0] > 50)
        }

        /// The secret that was wrapped; nil when the token does not unwrap it.
        private func unwrap(
            _ wrapped: [UInt8], _ key: ObjectHandle, _ mechanism: MechanismType, _ session: borrowing Session
        ) throws -> [UInt8]? {
            let template = [
                Attribute(.objectClass, ObjectClass.secretKey.rawValue),
                Attribute(.keyType, KeyType.genericSecret.rawValue), Attribute(.token, false),
                Attribute(.sensitive, false), Attribute(.extractable, true),
            ]
            let object: ObjectHandle
            do {
                object = try unsafe session.unwrapKey(wrapped.span.bytes, with: key, Mechanism(mechanism), template)
            } catch {
                return nil
            }
            let value = try session.attributes([.value], of: object)[.value]?.bytes
            try session.destroyObject(object)
            return value
        }
    }
}
