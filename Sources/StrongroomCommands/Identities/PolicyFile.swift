import KMSAPIClient
import KMSPolicy

/// Files with policies that are to be given to a service.
enum PolicyFile {
    /// The text, which is a policy of its kind.
    ///
    /// - Parameter path: `-` is the standard input.
    static func read(_ path: String, as kind: PolicyDocument.Kind) throws(CommandFailure) -> String {
        switch try PolicyInput.read(path) {
        case .unreadable(let reason): throw CommandFailure("\(path) is no policy: \(reason)")
        case .text(let text):
            try check(text, as: kind, path)
            return text
        }
    }

    /// - Parameter place: Where the text is from.
    static func check(_ text: String, as kind: PolicyDocument.Kind, _ place: String) throws(CommandFailure) {
        do {
            _ = try PolicyDocument(parsing: text, as: kind)
        } catch {
            throw CommandFailure(
                "\(place) is no policy: \(error.description)", hint: "see: strongroom policy lint --help")
        }
    }
}

/// A managed policy as commands name it: by its ARN, or by its name alone.
struct ManagedPolicyName {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    init?(_ text: String?) {
        guard let text else { return nil }
        self.text = text
    }

    /// Of two policies of a name, the account's own.
    func arn(_ client: KMSAPIClient) async throws -> String {
        if text.hasPrefix("arn:") { return text }
        guard let arn = try await find(client) else {
            throw CommandFailure(
                "there is no managed policy \(text)",
                hint: "see those that there are: strongroom identity policy list --all")
        }
        return arn
    }

    /// Nil if there is none.
    func find(_ client: KMSAPIClient) async throws -> String? {
        for scope in ["Local", "AWS"] {
            let policies = try await client.list(QueryCall("ListPolicies", ["Scope": scope]), "Policies")
            if let found = policies.first(where: { $0.text("PolicyName") == text })?.text("Arn") { return found }
        }
        return nil
    }
}
