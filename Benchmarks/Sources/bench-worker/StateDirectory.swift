import ArgumentParser
import FoundationEssentials
import HSMClient
import HSMWorkerProtocol
import Yams

/// What a benchmark needs of a state directory, read as `strongroom serve` reads it.
struct StateDirectory {
    let path: String

    init(path: String) {
        self.path = Self.absolute(path)
    }

    func configuration(worker: String) throws -> HSMClientConfiguration {
        let hsm = try read(ServerFile.self, "strongroom.yaml").hsm
        let profile = try read(ProfileFile.self, "profile.yaml")
        var environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"]
        for (name, value) in profile.environment ?? [:] {
            environment[name] = value.replacing("${STATE}", with: path)
        }
        return HSMClientConfiguration(
            workerProgram: Self.absolute(worker),
            settings: WorkerSettings(
                modulePath: hsm.module, tokenURI: hsm.token, pinSource: try pinSource(hsm.pin),
                profile: try read(HSMProfile.self, "profile.yaml"), startLockPath: path + "/token.lock"
            ),
            environment: environment
        )
    }

    private func pinSource(_ pin: ServerFile.PIN) throws -> PINSource {
        switch (pin.file, pin.command) {
        case (let file?, nil): return .file(file.hasPrefix("/") ? file : path + "/" + file)
        case (nil, let words?): return .command(words)
        default: throw ValidationError("hsm.pin in \(path)/strongroom.yaml: the benchmark takes file: or command:")
        }
    }

    private func read<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
        guard let data = FileManager.default.contents(atPath: path + "/" + name) else {
            throw ValidationError("\(path)/\(name) cannot be read; make it with: strongroom init --state DIR")
        }
        return try YAMLDecoder().decode(type, from: String(decoding: data, as: UTF8.self))
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}

/// The part of `strongroom.yaml` that concerns the token.
private struct ServerFile: Decodable {
    let hsm: HSM

    struct HSM: Decodable {
        let module: String
        let token: String
        let pin: PIN
    }

    struct PIN: Decodable {
        let file: String?
        let command: [String]?
    }
}

/// The part of `profile.yaml` that HSMClient does not read itself.
private struct ProfileFile: Decodable {
    let environment: [String: String]?
}
