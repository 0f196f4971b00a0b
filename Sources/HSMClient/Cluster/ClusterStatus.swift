import Synchronization

/// How the members of a cluster are, at one moment.
package struct ClusterStatus: Codable, Sendable {
    package enum Phase: String, Codable, Sendable {
        /// Nothing is known of it yet.
        case unproven
        case serving
        /// It gets no requests until a look at it succeeds.
        case drained
    }

    package struct Member: Codable, Sendable {
        package var name: String
        package var phase: Phase
        /// Why it is drained.
        package var cause: String?
        /// Requests that it was given so far, but for looks at it.
        package var requests: UInt64
        /// Requests that it has not answered.
        package var inFlight: Int
        /// Keys that it is known to lack.
        package var lackingKeys: Int
        /// How often it was drained.
        package var drains: UInt64
        /// Its workers.
        package var hsm: HSMStatus?
    }

    package var members: [Member]
    /// On how many members a new key has to be seen.
    package var quorum: Int

    /// Whether a request is served now.
    package var isReady: Bool { members.contains { $0.phase == .serving } }
    /// Whether a key can be made now.
    package var canMakeKeys: Bool { members.count { $0.phase == .serving } >= quorum }
}

extension HSMCluster {
    package var isReady: Bool { routing.withLock { $0.members.contains { $0.phase == .serving } } }

    package func status() -> ClusterStatus {
        let routing = routing.withLock { $0 }
        let described = zip(members, routing.members).enumerated().map { index, pair in
            let (member, state) = pair
            let (phase, cause): (ClusterStatus.Phase, String?) =
                switch state.phase {
                case .unproven: (.unproven, nil)
                case .serving: (.serving, nil)
                case .drained(let cause): (.drained, cause)
                }
            return ClusterStatus.Member(
                name: member.name, phase: phase, cause: cause, requests: state.requests,
                inFlight: state.inFlight + state.slow,
                lackingKeys: routing.lacks.count(of: index), drains: state.drains, hsm: member.backend.memberStatus())
        }
        return ClusterStatus(members: described, quorum: quorum)
    }
}
