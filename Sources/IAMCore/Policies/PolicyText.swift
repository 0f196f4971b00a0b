import KMSCore
import KMSPolicy

/// Policies as they come in: bounded, and understood before anything is kept of them.
enum PolicyText {
    /// What a request may have at the most, white space and all (the IAM API's own bound).
    static let maximumLength = 131_072

    /// Throws `malformedPolicy`, with the place, for what is no policy.
    static func parse(_ text: String, as kind: PolicyDocument.Kind) throws(KMSError) -> PolicyDocument {
        guard (1...maximumLength).contains(text.utf8.count) else {
            throw KMSError(.validation, "A policy has to have 1 to 131,072 characters.")
        }
        do {
            return try PolicyDocument(parsing: text, as: kind)
        } catch {
            throw KMSError(.malformedPolicy, error.description)
        }
    }

    /// How large a policy counts: white space does not.
    static func size(_ text: String) -> Int {
        text.unicodeScalars.count { !$0.properties.isWhitespace }
    }
}

extension CompiledPolicy {
    /// A policy out of the store. One that cannot be read any more denies everything: what it forbade is not known.
    init(stored text: String, as kind: PolicyDocument.Kind = .identity, source: PolicySource) {
        if let document = try? PolicyDocument(parsing: text, as: kind) {
            self.init(document, source: source)
        } else {
            self = .refusal(of: source)
        }
    }

    /// Denies everything.
    static func refusal(of source: PolicySource) -> CompiledPolicy {
        let place = PolicyPlace(path: "", line: 1, column: 1)
        let everything = Selection(isNegated: false, patterns: ["*"], place: place)
        let statement = PolicyStatement(
            index: 0, sid: "PolicyCannotBeRead", effect: .deny, principals: nil, actions: everything,
            resources: everything, conditions: [], place: place)
        return CompiledPolicy(
            PolicyDocument(kind: .identity, version: .v2012, hasVersion: true, id: nil, statements: [statement]),
            source: source)
    }
}
