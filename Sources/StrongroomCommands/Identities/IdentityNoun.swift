import ArgumentParser
import KMSAPIClient

/// Users or roles: their operations differ in their names alone.
enum IdentityNoun: String, Sendable, CaseIterable {
    case user = "User"
    case role = "Role"

    /// As in `user`.
    var word: String { rawValue.lowercased() }

    /// The parameter that names one.
    var parameter: String { rawValue + "Name" }

    /// The operation's words before and behind the noun, as in `Put` and `Policy`.
    func call(_ verb: String, _ object: String = "", of name: String, _ more: [String: String?] = [:]) -> QueryCall {
        QueryCall(verb + rawValue + object, [parameter: name].merging(more) { _, more in more })
    }
}

/// Whose a policy is.
struct PolicyOwnerOptions: ParsableArguments {
    @Option(help: "The user whose policy it is.")
    var user: String?

    @Option(help: "The role whose policy it is.")
    var role: String?

    /// Nil if neither is given.
    func owner() throws(CommandFailure) -> (noun: IdentityNoun, name: String)? {
        switch (user, role) {
        case (let user?, nil): return (.user, user)
        case (nil, let role?): return (.role, role)
        case (nil, nil): return nil
        case (_?, _?): throw CommandFailure("both --user and --role are given", hint: "give one of them")
        }
    }

    func requiredOwner() throws(CommandFailure) -> (noun: IdentityNoun, name: String) {
        guard let owner = try owner() else {
            throw CommandFailure("it is not said whose policy it is", hint: "give --user NAME or --role NAME")
        }
        return owner
    }
}
