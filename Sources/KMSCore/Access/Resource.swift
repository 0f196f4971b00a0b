/// What an action is done to.
enum Resource {
    case account(Scope)
    case key(KeyEntry)
    case alias(Scope, name: String)

    var scope: Scope {
        switch self {
        case .account(let scope), .alias(let scope, _): scope
        case .key(let entry): entry.key.address.scope
        }
    }

    var arn: String {
        switch self {
        case .account: "*"
        case .key(let entry): entry.arn
        case .alias(let scope, let name): scope.aliasARN(name)
        }
    }

    /// As CloudTrail names its kind; nil where there is nothing to name.
    var type: String? {
        switch self {
        case .account: nil
        case .key: "AWS::KMS::Key"
        case .alias: "AWS::KMS::Alias"
        }
    }
}
