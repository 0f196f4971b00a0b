internal import KMSCore
internal import LibCrypto
internal import SecureMemory
internal import Testing

extension KeyBackendContract {
    static let cipherFacts = [
        Fact("what is sealed opens to what it was, with its AAD") { contract in
            let key = try await contract.newKey()
            for size in [1, 15, 16, 17, 32, 1024, 4096] {
                let plaintext = [UInt8].random(size)
                let sealed = try await contract.seal(plaintext, [1, 2, 3], with: key)
                #expect(sealed.bytes.count == contract.sealedSize(of: size, with: key))
                #expect(try await contract.open(sealed, [1, 2, 3], with: key) == plaintext, "\(size) bytes")
            }
        },
        Fact("an empty plaintext can be sealed, with and without AAD") { contract in
            let key = try await contract.newKey()
            for aad in [[], [7]] as [[UInt8]] {
                let sealed = try await contract.seal([], aad, with: key)
                #expect(sealed.bytes.count == contract.sealedSize(of: 0, with: key))
                #expect(try await contract.open(sealed, aad, with: key) == [])
                await contract.expect(.invalidCiphertext, "the AAD counts for an empty plaintext too") {
                    _ = try await contract.open(sealed, aad + [0], with: key)
                }
            }
        },
        Fact("an AAD of 8 KiB beside 4,096 bytes of plaintext fits") { contract in
            let key = try await contract.newKey()
            let plaintext = [UInt8].random(4096)
            let aad = [UInt8].random(8192)
            let sealed = try await contract.seal(plaintext, aad, with: key)
            #expect(try await contract.open(sealed, aad, with: key) == plaintext)
        },
        Fact("what is confirmed comes with its digest, behind what that is to begin with, and opens") { contract in
            let key = try await contract.newKey()
            for (size, prefix) in [(0, []), (32, [1, 2, 3]), (4096, [UInt8].random(8192))] as [(Int, [UInt8])] {
                let plaintext = [UInt8].random(size)
                let made = try await contract.backend.encryptConfirmed(
                    SecretBytes(copying: plaintext), authenticating: [7], digesting: prefix, with: key)
                #expect(made.digest == Digest.sha256.hash(prefix + made.sealed.bytes))
                #expect(try await contract.open(made.sealed, [7], with: key) == plaintext, "\(size) bytes")
                await contract.expect(.invalidCiphertext) { _ = try await contract.open(made.sealed, [], with: key) }
            }
        },
        Fact("the AAD is bound: another, a longer, a shorter or none is an invalid ciphertext") { contract in
            let key = try await contract.newKey()
            let aad = Array("purpose=payroll".utf8)
            let sealed = try await contract.seal([1, 2, 3], aad, with: key)
            var other = aad
            other[3] ^= 1
            for wrong in [other, aad + [0], Array(aad.dropLast()), []] {
                await contract.expect(.invalidCiphertext, "AAD of \(wrong.count) bytes") {
                    _ = try await contract.open(sealed, wrong, with: key)
                }
            }
            #expect(try await contract.open(sealed, aad, with: key) == [1, 2, 3], "errors leave the key usable")
        },
        Fact("a ciphertext with any one bit changed is invalid, and says no more") { contract in
            let key = try await contract.newKey()
            let sealed = try await contract.seal([UInt8].random(8), [9], with: key)
            for bit in 0..<(sealed.bytes.count * 8) {
                var bytes = sealed.bytes
                bytes[bit / 8] ^= 1 << (bit % 8)
                let changed = try #require(SealedBytes(bytes))
                let error = await #expect(throws: KMSError.self, "bit \(bit)") {
                    _ = try await contract.open(changed, [9], with: key)
                }
                #expect(error == .invalidCiphertext, "bit \(bit): every reason has the same error")
            }
        },
        Fact("a ciphertext cut short or made longer is invalid") { contract in
            let key = try await contract.newKey()
            let sealed = try await contract.seal([UInt8].random(32), with: key)
            for size in [SealedBytes.minimumSize, 40, 48, 59, 64, sealed.bytes.count - 1]
            where size < sealed.bytes.count {
                let cut = try #require(SealedBytes(Array(sealed.bytes.prefix(size))))
                await contract.expect(.invalidCiphertext, "\(size) bytes") {
                    _ = try await contract.open(cut, with: key)
                }
            }
            for more in [1, 16] {
                let longer = try #require(SealedBytes(sealed.bytes + [UInt8](repeating: 0, count: more)))
                await contract.expect(.invalidCiphertext) { _ = try await contract.open(longer, with: key) }
            }
            for size in [SealedBytes.minimumSize, 64, 96] {
                let zeros = try #require(SealedBytes([UInt8](repeating: 0, count: size)))
                await contract.expect(.invalidCiphertext) { _ = try await contract.open(zeros, with: key) }
            }
        },
        Fact("another key's ciphertext is invalid") { contract in
            let key = try await contract.newKey()
            let other = try await contract.newKey()
            let sealed = try await contract.seal([1], with: key)
            await contract.expect(.invalidCiphertext) { _ = try await contract.open(sealed, with: other) }
        },
        Fact("the same text is never sealed to the same bytes: over 10,000 times, no IV comes twice") { contract in
            let key = try await contract.newKey()
            let ivs = try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        var ivs: [[UInt8]] = []
                        for _ in 0..<500 {
                            ivs.append(Array(try await contract.seal([1], with: key).bytes.prefix(12)))
                        }
                        return ivs
                    }
                }
                return try await group.reduce(into: Set<[UInt8]>()) { $0.formUnion($1) }
            }
            #expect(ivs.count == 10_000)
        },
        Fact("64 tasks at once get each their own answer") { contract in
            let keys = [try await contract.newKey(), try await contract.newKey(), try await contract.newKey()]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<64 {
                    group.addTask {
                        let key = keys[task % 3]
                        for round in 0..<10 {
                            let plaintext = Array("task \(task), round \(round)".utf8)
                            let aad = [UInt8(task)]
                            let sealed = try await contract.seal(plaintext, aad, with: key)
                            #expect(try await contract.open(sealed, aad, with: key) == plaintext)
                            if round % 5 == 0 {
                                await contract.expect(.invalidCiphertext, "an error among successes") {
                                    _ = try await contract.open(sealed, aad, with: keys[(task + 1) % 3])
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        },
        Fact("re-encryption changes key and AAD, and keeps the plaintext") { contract in
            let source = try await contract.newKey()
            let destination = try await contract.newKey()
            for size in [0, 1, 4096] {
                let plaintext = [UInt8].random(size)
                let sealed = try await contract.seal(plaintext, [1], with: source)
                let moved = try await contract.backend.reEncrypt(
                    sealed, authenticating: [1], with: source, authenticating: [2, 2], with: destination
                )
                #expect(moved.bytes.count == sealed.bytes.count)
                #expect(try await contract.open(moved, [2, 2], with: destination) == plaintext, "\(size) bytes")
                await contract.expect(.invalidCiphertext) { _ = try await contract.open(moved, [2, 2], with: source) }
                await contract.expect(.invalidCiphertext) { _ = try await contract.open(moved, [1], with: destination) }
            }
        },
        Fact("re-encryption under the same key takes a new IV") { contract in
            let key = try await contract.newKey()
            let sealed = try await contract.seal([5], with: key)
            let moved = try await contract.backend.reEncrypt(
                sealed, authenticating: [], with: key, authenticating: [], with: key
            )
            #expect(moved.bytes.prefix(12) != sealed.bytes.prefix(12))
            #expect(try await contract.open(moved, with: key) == [5])
        },
        Fact("re-encryption of what does not open is an invalid ciphertext") { contract in
            let source = try await contract.newKey()
            let destination = try await contract.newKey()
            let sealed = try await contract.seal([1], [1], with: source)
            await contract.expect(.invalidCiphertext, "with the AAD of the destination") {
                _ = try await contract.backend.reEncrypt(
                    sealed, authenticating: [2], with: source, authenticating: [2], with: destination
                )
            }
            await contract.expect(.invalidCiphertext, "with source and destination exchanged") {
                _ = try await contract.backend.reEncrypt(
                    sealed, authenticating: [1], with: destination, authenticating: [1], with: source
                )
            }
        },
    ]
}

extension [UInt8] {
    package static func random(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in .random(in: 0...255) }
    }
}
