internal import KMSCore
internal import Testing

extension KeyBackendContract {
    static let keyFacts = [
        Fact("a new key is in the inventory, and verifies") { contract in
            let key = try await contract.newKey()
            #expect(try await contract.backend.inventory().contains(key.object))
            try await contract.backend.verifyKey(key)
        },
        Fact("keys made at once are all there, each another key") { contract in
            let keys = try await withThrowingTaskGroup(of: MaterialReference.self) { group in
                for _ in 0..<8 { group.addTask { try await contract.newKey() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let inventory = try await contract.backend.inventory()
            #expect(inventory.isSuperset(of: keys.map(\.object)))
            #expect(Set(keys.map(\.checkValue)).count == keys.count)
            let sealed = try await contract.seal([1], with: keys[0])
            for key in keys.dropFirst() {
                await contract.expect(.invalidCiphertext) { _ = try await contract.open(sealed, with: key) }
            }
        },
        Fact("an id that is taken is refused, and its key is left as it was") { contract in
            let key = try await contract.newKey()
            let sealed = try await contract.seal([1, 2], with: key)
            await #expect(throws: KMSError.self) {
                _ = try await contract.backend.generateKey(.symmetricDefault, for: .encryptDecrypt, id: key.object)
            }
            #expect(try await contract.open(sealed, with: key) == [1, 2])
            try await contract.backend.verifyKey(key)
        },
        Fact("a key spec that the backend does not know is unsupported, and makes nothing", needs: []) { contract in
            let id = ObjectID.random()
            await contract.expect(.unsupported) {
                _ = try await contract.backend.generateKey(KeySpec(rawValue: "ROT_13"), for: .encryptDecrypt, id: id)
            }
            let inventory = try await contract.backend.inventory()
            #expect(!inventory.contains(id))
        },
        Fact("a wrong check value is missing material: another key is behind the id") { contract in
            let key = try await contract.newKey()
            let other = try await contract.newKey()
            var bent = key.checkValue
            bent[bent.count - 1] ^= 1
            for checkValue in [other.checkValue, bent, [], [0], key.checkValue + [0]] {
                let wrong = MaterialReference(object: key.object, checkValue: checkValue)
                await contract.expect(.materialMissing, "\(checkValue.count) bytes") {
                    try await contract.backend.verifyKey(wrong)
                }
                await contract.expect(.materialMissing, "\(checkValue.count) bytes, not used before") {
                    _ = try await contract.seal([1], with: wrong)
                }
            }
            let sealed = try await contract.seal([1], with: key)
            #expect(try await contract.open(sealed, with: key) == [1], "the right one still works")
        },
        Fact("a destroyed key is missing material for everything, and not in the inventory") { contract in
            let key = try await contract.newKey()
            let other = try await contract.newKey()
            let sealed = try await contract.seal([1], with: key)
            try await contract.backend.destroyKey(key.object)
            let backend = contract.backend
            let inventory = try await backend.inventory()
            #expect(!inventory.contains(key.object))
            await contract.expect(.materialMissing) { _ = try await contract.open(sealed, with: key) }
            await contract.expect(.materialMissing) { _ = try await contract.seal([1], with: key) }
            await contract.expect(.materialMissing) { try await backend.verifyKey(key) }
            await contract.expect(.materialMissing) {
                _ = try await backend.generateDataKey(32, authenticating: [], with: key)
            }
            await contract.expect(.materialMissing) {
                _ = try await backend.generateDataKeyWithoutPlaintext(32, authenticating: [], with: key)
            }
            await contract.expect(.materialMissing, "as a source") {
                _ = try await backend.reEncrypt(sealed, authenticating: [], with: key, authenticating: [], with: other)
            }
            let others = try await contract.seal([1], with: other)
            await contract.expect(.materialMissing, "as a destination") {
                _ = try await backend.reEncrypt(others, authenticating: [], with: other, authenticating: [], with: key)
            }
        },
        Fact("to destroy what is not there is success", needs: [.key(.rsa2048, .signVerify)]) { contract in
            let (key, _) = try await contract.newKey(.rsa2048, .signVerify)
            try await contract.backend.destroyKey(key.object)
            try await contract.backend.destroyKey(key.object)
            try await contract.backend.destroyKey(.random())
        },
        Fact("a destroyed id may be made anew, and is another key then") { contract in
            let key = try await contract.newKey()
            let sealed = try await contract.seal([1], with: key)
            try await contract.backend.destroyKey(key.object)
            let again = MaterialReference(
                object: key.object,
                checkValue: try await contract.backend.generateKey(
                    .symmetricDefault, for: .encryptDecrypt, id: key.object
                ).checkValue
            )
            await contract.expect(.materialMissing, "the old check value does not fit the new key") {
                _ = try await contract.open(sealed, with: key)
            }
            await contract.expect(.invalidCiphertext) { _ = try await contract.open(sealed, with: again) }
        },
        Fact("once destruction has answered, nothing works with the key, however busy it was") { contract in
            for _ in 0..<5 {
                let key = try await contract.newKey()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            do {
                                while true {
                                    _ = try await contract.seal([1], with: key)
                                    // A backend that never waits would leave the others no thread.
                                    await Task.yield()
                                }
                            } catch let error as KMSError {
                                #expect(error.code == .materialMissing, "\(error)")
                            }
                        }
                    }
                    try await Task.sleep(for: .milliseconds(20))
                    try await contract.backend.destroyKey(key.object)
                    for _ in 0..<20 {
                        await contract.expect(.materialMissing) { _ = try await contract.seal([1], with: key) }
                    }
                    try await group.waitForAll()
                }
            }
        },
        Fact("to forget a key costs nothing but a new look at it") { contract in
            let key = try await contract.newKey()
            let sealed = try await contract.seal([1], with: key)
            try await contract.backend.forgetKey(key.object)
            try await contract.backend.forgetKey(key.object)
            try await contract.backend.forgetKey(.random())
            #expect(try await contract.open(sealed, with: key) == [1])
        },
        Fact("a key that never was is missing material") { contract in
            let known = try await contract.newKey()
            let unknown = MaterialReference(object: .random(), checkValue: known.checkValue)
            await contract.expect(.materialMissing) { _ = try await contract.seal([1], with: unknown) }
            await contract.expect(.materialMissing) { try await contract.backend.verifyKey(unknown) }
        },
    ]
}
