package import KMSPolicy

/// What a grant lets its grantee do.
package struct GrantTerms: Hashable, Sendable {
    /// As in `Decrypt`: GrantOperation of the API.
    let operations: Set<String>
    let constraint: Grant.Constraint?
    let sourceARN: String?
}

extension GrantTerms {
    /// Whether they give nothing that `grant` does not give, as it has to be for those whom a grant lets make others:
    /// no other operation, and a constraint that is as strict or stricter.
    func areWithin(_ grant: GrantPermission) -> Bool {
        operations.isSubset(of: grant.operations) && isConstraintWithin(grant.constraint)
            && (grant.sourceARN == nil || grant.sourceARN == sourceARN)
    }

    private func isConstraintWithin(_ other: GrantPermission.Constraint?) -> Bool {
        switch (other, constraint) {
        case (nil, _): true
        case (.encryptionContextEquals(let pairs), .encryptionContextEquals(let own)):
            pairs.count == own.count && own.holds(pairs)
        case (.encryptionContextSubset(let pairs), .encryptionContextEquals(let own)),
            (.encryptionContextSubset(let pairs), .encryptionContextSubset(let own)):
            own.holds(pairs)
        case (.some, _): false
        }
    }
}

extension [String: String] {
    /// Whether the pairs are all here, byte for byte: strings that look alike are equal in Swift.
    fileprivate func holds(_ pairs: [String: String]) -> Bool {
        pairs.allSatisfy { key, value in
            guard let index = index(forKey: key) else { return false }
            return self[index].key.utf8.elementsEqual(key.utf8) && self[index].value.utf8.elementsEqual(value.utf8)
        }
    }
}

/// Which grants can allow a request.
package enum UsableGrants: Sendable {
    /// All that the key has for the caller.
    case all
    /// Those of them that may be passed on in a grant with these terms.
    case wideEnough(for: GrantTerms)
    /// No other than these, whatever the key has.
    case only([GrantPermission])

    func among(_ all: @autoclosure () -> [GrantPermission]) -> [GrantPermission] {
        switch self {
        case .all: all()
        case .wideEnough(let terms): all().filter(terms.areWithin)
        case .only(let permissions): permissions
        }
    }
}
