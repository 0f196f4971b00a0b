/// An ARN whose six parts are compared apart, so that no wildcard reaches across a colon.
struct ARNPattern: Hashable, Sendable {
    private static let partCount = 6

    private let parts: [PolicyText]

    /// Nil for what is no ARN, which nothing matches.
    init?(_ text: String, variables: Bool) {
        guard let texts = PolicyText.parts(of: text, wildcards: true, variables: variables) else { return nil }
        var parts: [[PolicyText.Part]] = [[]]
        for text in texts {
            guard case .literal(var literal) = text else {
                parts[parts.count - 1].append(text)
                continue
            }
            while parts.count < Self.partCount, let colon = literal.firstIndex(of: UInt8(ascii: ":")) {
                parts[parts.count - 1].append(.literal(Array(literal[..<colon])))
                parts.append([])
                literal.removeFirst(colon + 1)
            }
            parts[parts.count - 1].append(.literal(literal))
        }
        guard parts.count == Self.partCount else { return nil }
        self.parts = parts.map { PolicyText($0) }
    }

    /// - Parameter subject: Anything but an ARN matches nothing.
    func matches(_ subject: Span<UInt8>, _ context: any ConditionContext) -> Bool {
        guard subject.count > 4, subject[0] == UInt8(ascii: "a"), subject[1] == UInt8(ascii: "r"),
            subject[2] == UInt8(ascii: "n"), subject[3] == UInt8(ascii: ":")
        else { return false }
        var start = 0
        for index in 0..<Self.partCount - 1 {
            var end = start
            while end < subject.count, subject[end] != UInt8(ascii: ":") { end += 1 }
            guard end < subject.count, parts[index].matches(subject.extracting(start..<end), context) else {
                return false
            }
            start = end + 1
        }
        return parts[Self.partCount - 1].matches(subject.extracting(start..<subject.count), context)
    }
}
