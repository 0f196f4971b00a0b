internal import KMSCore
internal import SecureMemory
internal import Testing

extension KeyBackendContract {
    static let dataKeyFacts = [
        Fact("a data key opens from its sealed form, of every size, bound to its AAD") { contract in
            let key = try await contract.newKey()
            for size in [1, 16, 32, 1024] {
                let dataKey = try await contract.backend.generateDataKey(size, authenticating: [4], with: key)
                #expect(dataKey.plaintext.count == size)
                let opened = try await contract.open(dataKey.sealed, [4], with: key)
                #expect(opened == dataKey.plaintext.exposedArray, "\(size) bytes")
                let sealed = dataKey.sealed
                await contract.expect(.invalidCiphertext) { _ = try await contract.open(sealed, with: key) }
            }
        },
        Fact("no two data keys are the same, nor the generator's output") { contract in
            let key = try await contract.newKey()
            var seen: Set<[UInt8]> = []
            for _ in 0..<50 {
                let shown = try await contract.backend.generateDataKey(32, authenticating: [], with: key)
                seen.insert(shown.plaintext.exposedArray)
                let hidden = try await contract.backend.generateDataKeyWithoutPlaintext(
                    32, authenticating: [], with: key
                )
                seen.insert(try await contract.open(hidden, with: key))
                seen.insert(try await contract.backend.generateRandom(32).exposedArray)
            }
            #expect(seen.count == 150)
        },
        Fact("a data key without plaintext opens to its size") { contract in
            let key = try await contract.newKey()
            for size in [1, 16, 32, 1024] {
                let sealed = try await contract.backend.generateDataKeyWithoutPlaintext(
                    size, authenticating: [1], with: key
                )
                #expect(sealed.bytes.count == contract.sealedSize(of: size, with: key))
                #expect(try await contract.open(sealed, [1], with: key).count == size)
            }
        },
        Fact("random bytes come in the number asked for, and all of them are filled", needs: []) { contract in
            for size in [1, 2, 31, 1023, 1024] {
                #expect(try await contract.backend.generateRandom(size).count == size)
            }
            // A byte that was never written would be zero every time: 1 in 2^80 for ten tries.
            var written = [UInt8](repeating: 0, count: 1024)
            for _ in 0..<10 {
                let bytes = try await contract.backend.generateRandom(1024).exposedArray
                for index in written.indices { written[index] |= bytes[index] }
            }
            #expect(!written.contains(0))
        },
        Fact("it is healthy", needs: []) { contract in
            try await contract.backend.checkHealth()
        },
    ]
}
