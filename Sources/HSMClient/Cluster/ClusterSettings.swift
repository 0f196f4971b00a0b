/// How the tokens of one key store work together.
package struct ClusterSettings: Sendable {
    /// On how many members a key has to be seen before it counts as made; nil for all of them.
    package var quorum: Int?
    /// How many seconds the members' own synchronisation may take to show what one of them made or destroyed.
    package var propagation: Double

    /// Seconds without a proof, by a request or by a look of ours, after which a member is looked at.
    package var lookInterval = 2.0
    /// Seconds in which a member that has requests may answer nothing before others get the new ones.
    package var hesitation = 1.0
    /// Seconds after which a member is asked again for a key that it lacks. The time doubles with each look, up to 60.
    package var lackInterval = 0.5

    package init(quorum: Int? = nil, propagation: Double = 10) {
        self.quorum = quorum
        self.propagation = propagation
    }
}
