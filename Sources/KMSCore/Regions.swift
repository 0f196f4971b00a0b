/// The Regions that are served, and which token the keys of each are in.
package struct Regions: Sendable {
    /// A token that Regions have of their own; several may share one.
    package struct Token: Sendable {
        package let regions: Set<Region>
        package let backend: any KeyBackend

        package init(of regions: Set<Region>, backend: any KeyBackend) {
            self.regions = regions
            self.backend = backend
        }
    }

    /// Any Region, and all keys in the server's own token.
    package static let any = Regions(nil)

    private let served: Set<Region>?
    let tokens: [Token]
    private let placesOfRegions: [Region: KeyPlace]

    /// `served` is nil for all there may be.
    package init(_ served: Set<Region>?, tokens: [Token] = []) {
        self.served = served
        self.tokens = tokens
        placesOfRegions = tokens.enumerated().reduce(into: [:]) { places, token in
            for region in token.element.regions { places[region] = .regional(token.offset) }
        }
    }

    func serves(_ region: Region) -> Bool { served?.contains(region) ?? true }

    func place(of region: Region) -> KeyPlace { placesOfRegions[region] ?? .own }

    /// The token that the Region has of its own; nil where its keys are in the server's.
    package func backend(of region: Region) -> (any KeyBackend)? {
        if case .regional(let token) = place(of: region) { tokens[token].backend } else { nil }
    }

    var places: [KeyPlace] { [.own] + tokens.indices.map { .regional($0) } }
}
