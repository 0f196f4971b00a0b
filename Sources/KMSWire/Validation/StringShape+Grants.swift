import KMSCore

// The shapes of the model that grants alone have.
extension StringShape {
    static let grantConstraintSourceARN = StringShape(
        length: 20...512,
        pattern: Pattern("^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$") { $0.isARNOfAccount }
    )
    static let grantID = StringShape(length: 1...128)
    static let grantName = aliasName
    static let grantOperation = StringShape(values: [
        "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo",
        "Sign", "Verify", "GetPublicKey", "CreateGrant", "RetireGrant", "DescribeKey", "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext", "GenerateMac", "VerifyMac", "DeriveSharedSecret", "Encapsulate",
        "Decapsulate",
    ])
    static let principalID = StringShape(
        length: 1...256,
        pattern: .characters("^[\\w+=,.@:/-]+$") { $0.isWord || "+=,.@:/-".unicodeScalars.contains($0) }
    )
    static let servicePrincipal = StringShape(
        length: 1...128,
        pattern: Pattern("^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$") { $0.isServiceName }
    )
}

extension String {
    /// Whether it is an ARN in somebody's account, in which only the last part is free.
    fileprivate var isARNOfAccount: Bool {
        let parts = utf8.split(separator: UInt8(ascii: ":"), maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, !parts[2].isEmpty, !parts[5].isEmpty else { return false }
        return parts[0].elementsEqual("arn".utf8) && parts[1].starts(with: "aws".utf8)
            && parts[1...3].allSatisfy { $0.allSatisfy(Self.isLowerCaseLabel) }
            && AccountID(Substring(parts[4])) != nil && !parts[5].contains(UInt8(ascii: "\n"))
    }

    private static func isLowerCaseLabel(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// Whether it is a name such as `ec2.amazonaws.com`, of three parts or more.
    fileprivate var isServiceName: Bool {
        let parts = unicodeScalars.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count >= 3
            && parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { $0 == "-" || $0 != "_" && $0.isWord }
            }
    }
}
