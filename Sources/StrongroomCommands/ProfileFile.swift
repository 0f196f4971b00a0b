import FoundationEssentials
import HSMWorkerProtocol
import Yams

/// Reading the YAML of an HSM profile.
enum ProfileFile {
    /// Reads a profile. A field that profiles do not have is refused by name: it would be a setting without effect.
    static func load(_ path: String) throws(CommandFailure) -> HSMProfile {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(
                "the HSM profile \(path) cannot be read: \(errorText())",
                hint: "hsm-config/ has a profile for each known HSM; its README tells how to write one"
            )
        }
        let text = String(decoding: data, as: UTF8.self)
        do {
            if let fields = try Yams.compose(yaml: text)?.mapping?.keys.compactMap(\.string) {
                let unknown = fields.filter { !HSMProfile.fieldNames.contains($0) }
                guard unknown.isEmpty else {
                    throw CommandFailure(
                        "\(path) has fields that profiles do not have: \(unknown.joined(separator: ", "))",
                        hint: "the fields are \(HSMProfile.fieldNames.sorted().joined(separator: ", "))"
                    )
                }
            }
            let profile = try YAMLDecoder().decode(HSMProfile.self, from: text)
            try check(profile, path)
            return profile
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(
                "\(path) cannot be understood: \(yamlReason(error))", hint: "hsm-config/README.md explains every field"
            )
        }
    }

    private static func check(_ profile: HSMProfile, _ path: String) throws(CommandFailure) {
        guard (1...64).contains(profile.workers), (1...256).contains(profile.lanes) else {
            throw CommandFailure("\(path): workers must be from 1 to 64 and lanes from 1 to 256")
        }
        guard profile.callTimeout > 0, profile.keyGenerationTimeout > 0 else {
            throw CommandFailure("\(path): a timeout must be more than 0 seconds")
        }
        guard profile.files.keys.allSatisfy({ !$0.hasPrefix("/") && !$0.split(separator: "/").contains("..") }) else {
            throw CommandFailure("\(path): files: may only name files inside of the state directory")
        }
    }

    /// Fills `${STATE}` in.
    static func expand(_ text: String, _ state: StateDirectory) -> String {
        text.replacing("${STATE}", with: state.path)
    }

    /// The profile as a worker gets it.
    static func expand(_ profile: HSMProfile, _ state: StateDirectory) -> HSMProfile {
        var profile = profile
        profile.initArguments = profile.initArguments.map { expand($0, state) }
        return profile
    }

    /// The whole environment of a worker.
    static func environment(_ profile: HSMProfile, _ state: StateDirectory) -> [String: String] {
        var environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"]
        // Where systemd puts the credentials that a PIN source may name.
        if let folder = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] {
            environment["CREDENTIALS_DIRECTORY"] = folder
        }
        for (name, value) in profile.environment { environment[name] = expand(value, state) }
        return environment
    }
}
