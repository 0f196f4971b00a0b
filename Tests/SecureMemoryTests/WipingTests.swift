import SecureMemory
import Testing

/// Sizes on both sides of every border of the pool's classes, and beyond the pool.
private let sizes = [1, 8, 32, 64, 65, 512, 513, 8192, 8193, 65_536, 65_537, 1 << 20]

@Suite struct `Secrets in memory` {
    @Test(arguments: sizes)
    func `are gone from where they were once their life ends`(size: Int) throws {
        // One of its own for each size: these tests run at once and share the pool.
        let mark = UInt8(0x90 + (sizes.firstIndex(of: size) ?? 0))
        let marker = [UInt8](repeating: mark, count: size)
        func live() throws -> UInt {
            let secret = SecretBytes(copying: marker)
            try #require(
                Memory.bytes(at: secret.address, count: size) == marker, "the look past the library sees live secrets"
            )
            return secret.address
        }
        let address = try live()
        // Another test may have taken the block meanwhile, but what it puts there is not the marker. Pages that went
        // back to the system are not mapped at all.
        let left = Memory.bytes(at: address, count: size) ?? []
        #expect(left.count { $0 == mark } <= size / 8, "\(size) bytes of a secret are still there")
    }

    @Test(arguments: sizes.filter { $0 <= 65_536 })
    func `leave only zeros to whoever gets their memory next`(size: Int) {
        // Many at once, because other tests take from the same pool: some of these blocks come back for sure.
        func fill() -> Set<UInt> {
            var buffers: [SecureBuffer] = []
            for _ in 0..<8 {
                let buffer = SecureBuffer(capacity: size)
                buffer.append([UInt8](repeating: 0xff, count: size))
                buffers.append(buffer)
            }
            return Set(buffers.map(\.address))
        }
        var reused = 0
        for _ in 0..<20 where reused == 0 {
            let addresses = fill()
            var fresh: [SecureBuffer] = []
            for _ in 0..<8 {
                let buffer = SecureBuffer(capacity: size)
                buffer.appendWithin { (room: inout MutableRawSpan) in room.byteCount }
                #expect(buffer.array == [UInt8](repeating: 0, count: size))
                fresh.append(buffer)
            }
            reused = fresh.count { addresses.contains($0.address) }
        }
        #expect(reused > 0, "no block came back in 20 rounds, so the zeros prove nothing")
    }

    @Test func `begin as zeros for who fills them`() {
        for size in sizes {
            _ = SecretBytes(count: size) { (room: inout MutableRawSpan) in
                #expect(room.byteCount == size)
                let bytes = unsafe room.withUnsafeMutableBytes { unsafe Array($0) }
                #expect(bytes == [UInt8](repeating: 0, count: size))
            }
        }
    }

    @Test func `are wiped too when filling them fails`() throws {
        struct Refusal: Error {}
        var address: UInt = 0
        func fail() throws {
            _ = try SecretBytes(count: 4000) { (room: inout MutableRawSpan) throws in
                unsafe room.withUnsafeMutableBytes { bytes in
                    unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0xa5)
                    address = UInt(bitPattern: bytes.baseAddress)
                }
                throw Refusal()
            }
        }
        #expect(throws: Refusal.self) { try fail() }
        let left = try #require(Memory.bytes(at: address, count: 4000))
        #expect(left.count { $0 == 0xa5 } < 400)
    }

    @Test(.enabled(if: Memory.tellsFlags, "this kernel's smaps has no VmFlags"))
    func `are left out of core dumps, and out of swap where the system allows the lock`() throws {
        for size in [32, 1 << 20] {
            let secret = SecretBytes(copying: [UInt8](repeating: 1, count: size))
            let mapping = Memory.mapping(of: secret.address)
            let flags = try #require(mapping.first { $0.hasPrefix("VmFlags:") }).split(separator: " ")
            #expect(flags.contains("dd"), "\(size) bytes: the mapping is marked MADV_DONTDUMP")
            if isSecureMemoryLocked, size == 32 {
                #expect(flags.contains("lo"), "the library says that the pool is locked, so it is")
            }
            #expect(secret.count == size, "it lived until here")
        }
    }

    @Test func `copy their source and are equal to themselves`() {
        for size in [0] + sizes {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let secret = SecretBytes(copying: bytes)
            #expect(secret.count == size)
            #expect(secret.array == bytes)
        }
    }

    @Test func `of many tasks never share a byte`() async {
        await withTaskGroup(of: Int.self) { group in
            for task in 1...4 as ClosedRange<UInt8> {
                group.addTask {
                    // Many taken and given back in a burst, with nothing in between: so the tasks meet in the pool.
                    var wrong = 0
                    for _ in 0..<3000 {
                        let buffers = (0..<32).map { _ in SecureBuffer(capacity: 8) }
                        for buffer in buffers { buffer.append(task) }
                        wrong += buffers.count { $0.integer(at: 0, as: UInt8.self) != task }
                        wrong += buffers.count - Set(buffers.map(\.address)).count
                    }
                    return wrong
                }
            }
            for await wrong in group { #expect(wrong == 0) }
        }
    }

    @Test func `find room when the pool is full`() async {
        // In a process of its own: it fills the pool for good.
        await #expect(processExitsWith: .success) {
            var buffers: [SecureBuffer] = []
            for number in 0..<200 {
                let buffer = SecureBuffer(capacity: 65_536)
                buffer.append([UInt8](repeating: UInt8(number), count: 65_536))
                buffers.append(buffer)
            }
            for (number, buffer) in buffers.enumerated() {
                precondition(buffer.array.allSatisfy { $0 == UInt8(number) }, "two buffers share memory")
            }
            buffers.removeAll()
            precondition(SecretBytes(copying: [1, 2, 3]).count == 3)
        }
    }
}
