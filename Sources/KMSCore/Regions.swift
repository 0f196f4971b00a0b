/// The Regions that are served, and which token the keys of each are in.
package struct Regions: Sendable {
    /// A token that Regions have of their own; several may share one.
    package struct Token: Sendable {
        /// For the operator, who knows it from the configuration. No two tokens have the same.
        package let name: String
        package let regions: Set<Region>
        package let backend: any KeyBackend

        package init(name: String, regions: Set<Region>, backend: any KeyBackend) {
            self.name = name
            self.regions = regions
            self.backend = backend
        }
    }

    /// Any Region, and all keys in the server's own token.
    package static let any = Regions(nil)

    private let served: Set<Region>?
    private let backends: [String: any KeyBackend]
    private let names: [Region: String]

    /// `served` is nil for all there may be.
    package init(_ served: Set<Region>?, tokens: [Token] = []) {
        self.served = served
        backends = Dictionary(uniqueKeysWithValues: tokens.map { ($0.name, $0.backend) })
        names = tokens.reduce(into: [:]) { names, token in
            for region in token.regions { names[region] = token.name }
        }
    }

    func serves(_ region: Region) -> Bool { served?.contains(region) ?? true }

    func place(of region: Region) -> KeyPlace { names[region].map { .regional($0) } ?? .own }

    func backend(_ name: String) -> (any KeyBackend)? { backends[name] }

    var places: [KeyPlace] { [.own] + backends.keys.sorted().map { .regional($0) } }
}

/// Which token has a key's material. All that is said or done of a token as a whole is said or done of one place.
enum KeyPlace: Hashable, Sendable {
    /// The server's own token.
    case own
    /// A token that Regions have of their own, by its name.
    case regional(String)
}
