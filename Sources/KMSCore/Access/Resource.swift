/// What an action is done to.
enum Resource {
    case account(Scope)
    case key(KeyEntry)
    /// One that is yet to be made, and has no policy.
    case newKey(KeyAddress)
    case alias(Scope, name: String)

    var scope: Scope {
        switch self {
        case .account(let scope), .alias(let scope, _): scope
        case .key(let entry): entry.key.address.scope
        case .newKey(let address): address.scope
        }
    }

    var arn: String {
        switch self {
        case .account: "*"
        case .key(let entry): entry.arn
        case .newKey(let address): address.arn
        case .alias(let scope, let name): scope.aliasARN(name)
        }
    }

    /// As CloudTrail names its kind; nil where there is nothing to name.
    var type: String? {
        switch self {
        case .account, .newKey: nil
        case .key: "AWS::KMS::Key"
        case .alias: "AWS::KMS::Alias"
        }
    }
}
