extension ConditionKey {
    /// As documentation writes it; the part of the author's choice is in lower case.
    package var text: String {
        switch self {
        case .named(let name): name.rawValue
        case .encryptionContext(let key): "kms:EncryptionContext:" + key
        case .principalTag(let key): "aws:PrincipalTag/" + key
        case .requestTag(let key): "aws:RequestTag/" + key
        case .resourceTag(let key): "aws:ResourceTag/" + key
        case .other(let text): text
        }
    }
}
