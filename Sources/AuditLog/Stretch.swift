/// Records that are to have a digest.
struct Stretch: Hashable, Sendable {
    let file: String
    let first: UInt64
    let last: UInt64
    let hash: LogHash
    var isRecovered = false

    /// The part behind the last digest, in two where some of it was signed for by the head.
    static func split(
        _ stretch: ChainWalk.Stretch, after digested: UInt64, _ head: UInt64, _ headHash: LogHash
    ) -> [Stretch] {
        var first = max(stretch.first, digested + 1)
        var parts: [Stretch] = []
        if first <= head, head < stretch.last {
            parts.append(Stretch(file: stretch.file, first: first, last: head, hash: headHash))
            first = head + 1
        }
        parts.append(
            Stretch(
                file: stretch.file, first: first, last: stretch.last, hash: stretch.hash,
                isRecovered: first > head))
        return parts
    }
}
