import HSMWorkerProtocol
import KMSCore

// Tokens that Regions have of their own.
extension ServerConfiguration {
    /// One of them, and the Regions that it is for.
    struct RegionToken {
        /// For the operator: `us-west-2 (pkcs11:…)`.
        let name: String
        let regions: Set<Region>
        let token: Member
    }

    /// Every token once: Regions that name the same one share it.
    func regionTokenList() throws(CommandFailure) -> [RegionToken] {
        var list: [RegionToken] = []
        for (name, token) in (regionTokens ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let region = Region(name), regions.contains(name) else {
                throw CommandFailure("regionTokens names \(name), which is not under regions:")
            }
            if let index = list.firstIndex(where: { $0.token.place == token.place }) {
                let shared = list[index]
                list[index] = RegionToken(
                    name: shared.name, regions: shared.regions.union([region]), token: shared.token)
            } else {
                list.append(RegionToken(name: "\(name) (\(token.token))", regions: [region], token: token))
            }
        }
        return list
    }

    func checkRegionTokens(in state: StateDirectory) throws(CommandFailure) {
        let own = [hsm.place] + (hsm.members ?? []).map(\.place)
        for token in try regionTokenList() {
            do {
                _ = try token.token.pin.source(in: state)
            } catch {
                throw CommandFailure("regionTokens: \(token.name): \(error.message)", hint: error.hint)
            }
            guard !own.contains(token.token.place) else {
                throw CommandFailure(
                    "regionTokens: \(token.name) is the server's own token, which hsm: names",
                    hint: "leave the Region out: the keys of all others are in the server's own token")
            }
        }
    }
}
