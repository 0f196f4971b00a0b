import HSMWorkerProtocol
import Yams

/// HSM profiles: text of any kind is refused or read, and what is read is the same when it is read again.
public func fuzzProfile(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self),
        let profile = try? YAMLDecoder().decode(HSMProfile.self, from: text)
    else { return }
    precondition((try? YAMLDecoder().decode(HSMProfile.self, from: text)) == profile)
    guard let written = try? YAMLEncoder().encode(profile) else { return }
    // A number may be written with less precision than it was read.
    precondition((try? YAMLDecoder().decode(HSMProfile.self, from: written))?.name == profile.name)
}
