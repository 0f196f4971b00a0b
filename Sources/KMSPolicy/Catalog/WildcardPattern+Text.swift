extension WildcardPattern {
    /// Whether a pattern covers all of a text, in the same case.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        WildcardPattern(pattern).matches(Array(text.utf8).span)
    }
}
