import ArgumentParser

/// Tags of what is made.
struct TagOption: ParsableArguments {
    @Option(help: "A tag as NAME=VALUE; can be given several times.")
    var tag: [String] = []

    func tags() throws(CommandFailure) -> [String: String] {
        Dictionary((try TagInput.all(tag) ?? []).map { ($0.TagKey, $0.TagValue) }) { _, last in last }
    }
}
