import KMSCore
import KMSTesting
import SecureMemory
import Testing

@testable import IAMCore

extension Rig {
    /// What an authenticator shows `steps` from now.
    func code(of device: IssuedDevice, _ steps: Int64 = 0) -> String {
        let secret = decodedBase32(device.seed.text())
        let number = SecretBytes(copying: secret).withExposedBytes {
            OneTimePassword.code($0, counter: OneTimePassword.step(at: clock.now) + steps)
        }
        let digits = String(number)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    private func decodedBase32(_ text: String) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let bits = text.flatMap { character -> [Bool] in
            let value = alphabet.firstIndex(of: character) ?? 0
            return (0..<5).map { value >> (4 - $0) & 1 == 1 }
        }
        return stride(from: 0, to: bits.count - 7, by: 8).map { start in
            bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }

    /// A device that is the user's.
    func enabledDevice(_ store: IdentityStore, of user: String) async throws -> IssuedDevice {
        let device = try await store.createVirtualDevice(user, by: .root)
        try await store.enableDevice(
            device.serialNumber, ofUser: user, codes: code(of: device, -1), code(of: device), by: .root)
        return device
    }
}

@Suite struct `A multi-factor device` {
    let rig = Rig()

    @Test func `is made with a seed that is told once`() async throws {
        let store = try await rig.startNew()
        let device = try await store.createVirtualDevice("alice+phone", path: "/staff/", by: .root)
        #expect(device.serialNumber == "arn:aws:iam::111122223333:mfa/staff/alice+phone")
        let seed = device.seed.text()
        #expect(seed.wholeMatch(of: /[A-Z2-7]{32}/) != nil)
        #expect(
            device.uri.text()
                == "otpauth://totp/Strongroom:alice%2Bphone%40111122223333?secret=\(seed)&issuer=Strongroom")
        let stored = try await rig.metadata.load().multiFactorDevices[0]
        #expect(stored.sealedSecret.bytes.count == SealingScheme.aesGCM.sealedSize(of: 20) && stored.user == nil)
        await expect(.alreadyExists) {
            _ = try await store.createVirtualDevice("alice+phone", path: "/staff/", by: .root)
        }
    }

    @Test func `is enabled with two codes that follow each other`() async throws {
        let store = try await rig.startNew()
        try await store.newUser("alice")
        let device = try await store.createVirtualDevice("d", by: .root)
        let serial = device.serialNumber
        for (first, second) in [(0, -1), (-1, -1), (-2, 0), (-4, -3), (1, 2)] as [(Int64, Int64)] {
            await expect(.invalidAuthenticationCode) {
                try await store.enableDevice(
                    serial, ofUser: "alice", codes: rig.code(of: device, first), rig.code(of: device, second),
                    by: .root)
            }
            rig.clock.advance(bySeconds: 1000)
        }
        try await store.enableDevice(
            serial, ofUser: "alice", codes: rig.code(of: device, -2), rig.code(of: device, -1), by: .root)
        #expect(try store.listDevices(ofUser: "alice", PageRequest(), by: .root).items.map(\.serialNumber) == [serial])
        await expect(.alreadyExists, "MFA Device is already in use.") {
            try await store.enableDevice(
                serial, ofUser: "alice", codes: rig.code(of: device, -1), rig.code(of: device), by: .root)
        }
    }

    @Test func `that is enabled again takes no code that was used before`() async throws {
        let store = try await rig.startNew()
        try await store.newUser("alice")
        let device = try await rig.enabledDevice(store, of: "alice")
        try await store.deactivateDevice(device.serialNumber, ofUser: "alice", by: .root)
        await expect(.invalidAuthenticationCode) {
            try await store.enableDevice(
                device.serialNumber, ofUser: "alice", codes: rig.code(of: device, -1), rig.code(of: device), by: .root)
        }
    }

    @Test func `is listed by whether somebody has it, and is deleted when nobody does`() async throws {
        let store = try await rig.startNew()
        try await store.newUser("alice")
        let device = try await rig.enabledDevice(store, of: "alice")
        let other = try await store.createVirtualDevice("other", by: .root)
        func listed(_ assignment: DeviceAssignment) throws -> [String] {
            try store.listVirtualDevices(assignment, PageRequest(), by: .root).items.map(\.serialNumber)
        }
        #expect(try listed(.any).count == 2)
        #expect(try listed(.assigned) == [device.serialNumber] && listed(.unassigned) == [other.serialNumber])
        await expect(.deleteConflict) { try await store.deleteVirtualDevice(device.serialNumber, by: .root) }
        await expect(.deleteConflict) {
            for key in try store.listAccessKeys(ofUser: "alice", PageRequest(), by: .root).items {
                try await store.deleteAccessKey(key.id, ofUser: "alice", by: .root)
            }
            try await store.deleteUser("alice", by: .root)
        }
        try await store.deactivateDevice(device.serialNumber, ofUser: "alice", by: .root)
        await expect(.notFound) {
            try await store.deactivateDevice(device.serialNumber, ofUser: "alice", by: .root)
        }
        try await store.deleteVirtualDevice(device.serialNumber, by: .root)
        await expect(.notFound) { try await store.deleteVirtualDevice(device.serialNumber, by: .root) }
        await expect(.validation) { try await store.deleteVirtualDevice("a b", by: .root) }
    }

    @Test func `gives a session a multi-factor date, and each code once`() async throws {
        let store = try await rig.startNew()
        let key = try await store.newUser("alice")
        let device = try await rig.enabledDevice(store, of: "alice")
        rig.clock.advance(bySeconds: 30)
        func session(_ code: String) async throws -> CallContext {
            let given = MultiFactorCode(serialNumber: device.serialNumber, code: code)
            return try store.context(
                try await store.sessionToken(duration: nil, given, by: store.context(key)).accessKeyID)
        }
        let code = rig.code(of: device)
        #expect(try await session(code).caller.session?.multiFactorDate == rig.clock.now)
        await expect(
            .accessDenied, "MultiFactorAuthentication failed with invalid MFA one time pass code."
        ) { _ = try await session(code) }
        await expect(.accessDenied) { _ = try await session(rig.code(of: device, -1)) }
        _ = try await session(rig.code(of: device, 1))
        await expect(.accessDenied) { _ = try await session(rig.code(of: device)) }
        rig.clock.advance(bySeconds: 60)
        _ = try await session(rig.code(of: device))
    }

    @Test func `takes no code again after a restart`() async throws {
        var store = try await rig.startNew()
        let key = try await store.newUser("alice")
        let device = try await rig.enabledDevice(store, of: "alice")
        rig.clock.advance(bySeconds: 30)
        let given = MultiFactorCode(serialNumber: device.serialNumber, code: rig.code(of: device))
        _ = try await store.sessionToken(duration: nil, given, by: store.context(key))
        store = try await rig.start()
        await expect(.accessDenied) {
            _ = try await store.sessionToken(duration: nil, given, by: store.context(key))
        }
    }

    @Test func `takes one code once, however many give it at once`() async throws {
        let store = try await rig.startNew()
        let context = try store.context(try await store.newUser("alice"))
        let device = try await rig.enabledDevice(store, of: "alice")
        rig.clock.advance(bySeconds: 30)
        let given = MultiFactorCode(serialNumber: device.serialNumber, code: rig.code(of: device))
        let sessions = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 {
                group.addTask { (try? await store.sessionToken(duration: nil, given, by: context)) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(sessions == 1)
    }

    @Test func `has to wait after five wrong codes, however it is asked`() async throws {
        let store = try await rig.startNew()
        let context = try store.context(try await store.newUser("alice"))
        let device = try await rig.enabledDevice(store, of: "alice")
        rig.clock.advance(bySeconds: 60)
        // None of these steps is within the window.
        for step in 10..<15 {
            let wrong = MultiFactorCode(serialNumber: device.serialNumber, code: rig.code(of: device, Int64(step)))
            await expect(.accessDenied) { _ = try await store.sessionToken(duration: nil, wrong, by: context) }
        }
        let right = MultiFactorCode(serialNumber: device.serialNumber, code: rig.code(of: device))
        await expect(.throttled) { _ = try await store.sessionToken(duration: nil, right, by: context) }
        rig.clock.advance(bySeconds: 900)
        let later = MultiFactorCode(serialNumber: device.serialNumber, code: rig.code(of: device))
        _ = try await store.sessionToken(duration: nil, later, by: context)
    }

    @Test func `of another, or of nobody, is no use, and all are told the same`() async throws {
        let store = try await rig.startNew()
        let context = try store.context(try await store.newUser("alice"))
        try await store.newUser("bob")
        let bobs = try await rig.enabledDevice(store, of: "bob")
        let loose = try await store.createVirtualDevice("loose", by: .root)
        rig.clock.advance(bySeconds: 30)
        for (serial, code) in [
            (bobs.serialNumber, rig.code(of: bobs)), (loose.serialNumber, rig.code(of: loose)),
            ("arn:aws:iam::111122223333:mfa/none", "123456"),
        ] {
            await expect(
                .accessDenied,
                "MultiFactorAuthentication failed, unable to validate MFA code. Please verify your MFA serial number "
                    + "is valid and associated with this user."
            ) {
                let given = MultiFactorCode(serialNumber: serial, code: code)
                _ = try await store.sessionToken(duration: nil, given, by: context)
            }
        }
    }

    @Test func `does not count a code that the token could not look at`() async throws {
        let store = try await rig.startNew()
        let context = try store.context(try await store.newUser("alice"))
        let device = try await rig.enabledDevice(store, of: "alice")
        rig.clock.advance(bySeconds: 30)
        let given = MultiFactorCode(serialNumber: device.serialNumber, code: rig.code(of: device))
        rig.backend.setFault { $0 == .decrypt ? KMSError(.keyUnavailable, "down") : nil }
        for _ in 0..<10 {
            await expect(.keyUnavailable) { _ = try await store.sessionToken(duration: nil, given, by: context) }
        }
        rig.backend.setFault(nil)
        _ = try await store.sessionToken(duration: nil, given, by: context)
    }
}
