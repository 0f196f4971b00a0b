internal import Foundation
package import HSMWorkerProtocol
internal import Synchronization

/// The folders of tokens that live as long as the process, which no deinit removes.
private let leftFolders = Mutex<Set<String>>([])
private let removeLeftFolders: Void = {
    atexit {
        for folder in leftFolders.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: folder) }
    }
}()

/// A store of SoftHSM tokens in a temporary folder of its own, gone with its last user.
///
/// SOFTHSM2_CONF must name ``configurationFile`` before C_Initialize: without it a test would write the machine's
/// own token store.
package final class SoftHSMToken: Sendable {
    package let folder: String
    package let label: String
    /// The user's PIN: random, so that a test can look for it where it must not be.
    package let pin: String

    /// Makes the store and a first token in it. `mechanisms` is all that it can do, as `slots.mechanisms` has it; nil
    /// for all that SoftHSM can.
    package init(label: String = "strongroom test", mechanisms: String? = nil) throws {
        self.label = label
        pin = (0..<12).map { _ in String(Int.random(in: 0...9)) }.joined()
        let manager = FileManager.default
        // In memory where that is possible: SoftHSM waits for the disk at every object that it makes.
        let parent = manager.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : manager.temporaryDirectory.path
        folder = "\(parent)/strongroom-token-\(UUID())"
        _ = removeLeftFolders
        leftFolders.withLock { _ = $0.insert(folder) }
        try manager.createDirectory(atPath: folder + "/tokens", withIntermediateDirectories: true)
        try Data(
            """
            directories.tokendir = \(folder)/tokens
            objectstore.backend = file
            log.level = ERROR
            slots.removable = false
            \(mechanisms.map { "slots.mechanisms = \($0)\n" } ?? "")
            """.utf8
        ).write(to: URL(filePath: configurationFile))
        try writePIN(pin)
        try addToken(label: label)
    }

    /// A store of its own with a copy of `other`'s tokens: of the same labels, serial numbers, PINs and keys, as two HSMs
    /// of a cluster have them.
    package init(copyOf other: SoftHSMToken) throws {
        label = other.label
        pin = other.pin
        let manager = FileManager.default
        folder = URL(filePath: other.folder).deletingLastPathComponent().path + "/strongroom-token-\(UUID())"
        leftFolders.withLock { _ = $0.insert(folder) }
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try manager.copyItem(atPath: other.folder + "/tokens", toPath: folder + "/tokens")
        let settings = Self.text(of: other.configurationFile).replacing(other.folder, with: folder)
        try Data(settings.utf8).write(to: URL(filePath: configurationFile))
        try writePIN(pin)
    }

    private static func text(of path: String) -> String {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    deinit {
        leftFolders.withLock { _ = $0.remove(folder) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    package var configurationFile: String { folder + "/softhsm2.conf" }
    package var pinFile: String { folder + "/pin" }
    package var environment: [String: String] { ["SOFTHSM2_CONF": configurationFile] }

    /// The absolute path of SoftHSM's module.
    package static var modulePath: String {
        get throws { try first(HSMProfile.softHSM.module, package: "softhsm2") }
    }

    /// A module that logs every call and hands it on to the one named by the variable PKCS11SPY.
    package static var spyPath: String {
        get throws {
            try first(
                ["x86_64", "aarch64"].map { "/usr/lib/\($0)-linux-gnu/pkcs11/pkcs11-spy.so" }, package: "opensc"
            )
        }
    }

    /// The mechanisms that `hsm-config/softhsm2.yaml` allows SoftHSM.
    package static var profileMechanisms: String {
        get throws {
            var path = URL(filePath: #filePath)
            for _ in 0..<3 { path.deleteLastPathComponent() }
            let text = String(
                decoding: try Data(contentsOf: path.appending(path: "hsm-config/softhsm2.yaml")), as: UTF8.self)
            let line = text.split(separator: "\n").first { $0.contains("slots.mechanisms = ") }
            guard let list = line?.split(separator: " = ").last else {
                throw MissingPrerequisite("hsm-config/softhsm2.yaml has no slots.mechanisms", hint: "git status")
            }
            return String(list)
        }
    }

    private static func first(_ paths: [String], package: String) throws -> String {
        guard let path = paths.first(where: FileManager.default.fileExists) else {
            throw MissingPrerequisite("none of \(paths) is there", hint: "apt-get install \(package)")
        }
        return path
    }

    /// Makes another token in the store, with the same PIN.
    package func addToken(label: String) throws {
        try Program.run(
            "softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "so-" + pin, "--pin", pin,
            environment: environment
        )
    }

    /// Writes the PIN file, readable for its owner only, or as `mode` has it.
    package func writePIN(_ pin: String, mode: Int = 0o600) throws {
        try Data((pin + "\n").utf8).write(to: URL(filePath: pinFile), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: pinFile)
    }

    /// What `pkcs11-tool`, logged in, prints: a look at the token past everything that is ours.
    @discardableResult package func pkcs11Tool(_ arguments: String...) throws -> String {
        try pkcs11Tool(arguments)
    }

    @discardableResult package func pkcs11Tool(_ arguments: [String]) throws -> String {
        try Program.run(
            "pkcs11-tool",
            arguments: ["--module", Self.modulePath, "--token-label", label, "--login", "--pin", pin] + arguments,
            environment: environment
        )
    }

    /// The files of objects in the store. Every object has one, also one that a failed call left behind.
    package var objectFiles: [String] {
        get throws {
            try FileManager.default.subpathsOfDirectory(atPath: folder + "/tokens")
                .filter { $0.hasSuffix(".object") && !$0.hasSuffix("/token.object") }
        }
    }

    /// Moves the tokens away, as when a disk or a network share is gone.
    package func moveAway() throws {
        try FileManager.default.moveItem(atPath: folder + "/tokens", toPath: folder + "/away")
    }

    package func moveBack() throws {
        // What a module made there meanwhile is no token.
        try? FileManager.default.removeItem(atPath: folder + "/tokens")
        try FileManager.default.moveItem(atPath: folder + "/away", toPath: folder + "/tokens")
    }
}

extension HSMProfile {
    /// What `hsm-config/softhsm2.yaml` says.
    package static var softHSM: HSMProfile {
        var profile = HSMProfile()
        profile.name = "softhsm2"
        profile.module = [
            "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
            "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        ]
        profile.workers = 2
        profile.lanes = 1
        profile.sessionCopies = true
        profile.decryptFailureCodes = [0x5, 0x40, 0x41, 0x20, 0x21]
        profile.oaepHashes = [.sha1]
        profile.wrapWithTrusted = false
        return profile
    }
}

/// Something outside the package that the tests need. They fail without it: a test that is skipped proves nothing.
package struct MissingPrerequisite: Error, CustomStringConvertible {
    package let description: String

    package init(_ what: String, hint: String) {
        description = "\(what)\nhint: \(hint)"
    }
}
