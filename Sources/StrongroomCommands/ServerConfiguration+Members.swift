import HSMClient
import HSMWorkerProtocol

// Several tokens for one key store.
extension ServerConfiguration {
    /// The most tokens that one key store may have.
    static let maximumMembers = 16

    /// How many tokens there are.
    var memberCount: Int { 1 + (hsm.members?.count ?? 0) }

    func clusterSettings() -> ClusterSettings {
        ClusterSettings(quorum: hsm.quorum, propagation: hsm.propagation ?? ClusterSettings().propagation)
    }

    /// What is wrong with the members is told before a worker is started.
    func checkMembers(in state: StateDirectory) throws(CommandFailure) {
        guard memberCount <= Self.maximumMembers else {
            throw CommandFailure(
                "hsm.members names \(memberCount - 1) further tokens",
                hint: "a key store has at most \(Self.maximumMembers) tokens")
        }
        if let quorum = hsm.quorum, !(1...memberCount).contains(quorum) {
            throw CommandFailure(
                "hsm.quorum cannot be \(quorum)",
                hint: memberCount == 1
                    ? "there is one token; name others under hsm.members, or leave quorum out"
                    : "there are \(memberCount) tokens: give from 1 to \(memberCount)")
        }
        if let propagation = hsm.propagation, !(propagation >= 0.1 && propagation <= 300) {
            throw CommandFailure("hsm.propagation cannot be \(propagation)", hint: "give from 0.1 to 300 seconds")
        }
        var tokens = [hsm.place]
        for (number, member) in zip(2..., hsm.members ?? []) {
            do {
                _ = try member.pin.source(in: state)
            } catch {
                throw CommandFailure("hsm.members: token \(number): \(error.message)", hint: error.hint)
            }
            guard !tokens.contains(member.place) else {
                throw CommandFailure(
                    "hsm.members: token \(number) is named before already",
                    hint: "each is a token of its own: name it by its serial number, or give it a profile whose "
                        + "environment leads to it")
            }
            tokens.append(member.place)
        }
    }
}

/// What tells one token from another.
struct TokenPlace: Equatable {
    let module: String
    let token: String
    let profile: String?
}

extension ServerConfiguration.HSM {
    var place: TokenPlace { TokenPlace(module: module, token: token, profile: nil) }
}

extension ServerConfiguration.Member {
    var place: TokenPlace { TokenPlace(module: module, token: token, profile: profile) }
}
