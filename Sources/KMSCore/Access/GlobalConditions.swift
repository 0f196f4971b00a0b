package import KMSPolicy

/// The values of the condition keys that every request has ("AWS global condition context keys", IAM User Guide).
package struct GlobalConditions {
    private let context: CallContext
    private let now: Timestamp

    package init(_ context: CallContext, at now: Timestamp) {
        self.context = context
        self.now = now
    }

    /// Absent for keys that are not global, and for those that this server has no value for, such as an organization.
    package func values(of key: ConditionKey) -> ConditionValues {
        switch key {
        case .named(let name): values(of: name)
        case .principalTag(let tag): ConditionValues(context.caller.tags[tag])
        case .encryptionContext, .requestTag, .resourceTag, .other: .absent
        }
    }

    private func values(of name: ConditionKey.Name) -> ConditionValues {
        let caller = context.caller
        return switch name {
        case .currentTime, .epochTime: .one(now.epochSeconds)
        case .secureTransport: .one(context.origin.isSecure ? "true" : "false")
        case .sourceIP: .one(context.origin.sourceIP)
        case .userAgent: .one(context.origin.userAgent)
        case .requestedRegion: .one(context.region.description)
        case .principalARN: .one(caller.policyCaller.principalARN)
        case .principalAccount: .one(caller.policyCaller.account)
        case .principalType: .one(caller.principalType)
        case .userID: .one(caller.policyCaller.userID)
        case .userName: ConditionValues(caller.userName)
        case .multiFactorAuthPresent, .multiFactorAuthAge, .tokenIssueTime, .sourceIdentity: sessionValues(of: name)
        case .principalIsAWSService, .principalServiceName, .principalServiceNamesList, .sourceARN, .sourceAccount:
            serviceValues(of: name)
        case .viaAWSService, .calledVia, .calledViaFirst, .calledViaLast: forwardValues(of: name)
        default: .absent
        }
    }

    /// What temporary credentials alone have.
    private func sessionValues(of name: ConditionKey.Name) -> ConditionValues {
        guard let session = context.caller.session else { return .absent }
        switch name {
        case .multiFactorAuthPresent:
            return .one(session.multiFactorDate == nil ? "false" : "true")
        case .multiFactorAuthAge:
            return ConditionValues(
                session.multiFactorDate.map { String(max(0, ($0.milliseconds.distance(to: now.milliseconds)) / 1000)) })
        case .tokenIssueTime:
            return .one(session.creationDate.epochSeconds)
        case .sourceIdentity:
            return ConditionValues(session.sourceIdentity)
        default:
            return .absent
        }
    }

    /// Of a service that calls in its own name.
    private func serviceValues(of name: ConditionKey.Name) -> ConditionValues {
        guard case .service(let service) = context.caller.policyCaller.kind else {
            return name == .principalIsAWSService ? .one("false") : .absent
        }
        return switch name {
        case .principalIsAWSService: .one("true")
        case .principalServiceName: .one(service)
        case .principalServiceNamesList: .several([service])
        case .sourceARN: ConditionValues(context.origin.sourceARN)
        case .sourceAccount: ConditionValues(context.origin.sourceAccount)
        default: .absent
        }
    }

    /// Of a service that calls for somebody else.
    private func forwardValues(of name: ConditionKey.Name) -> ConditionValues {
        guard let service = context.caller.session?.viaService else {
            return name == .viaAWSService ? .one("false") : .absent
        }
        return switch name {
        case .viaAWSService: .one("true")
        case .calledVia: .several([service])
        default: .one(service)
        }
    }
}

extension ConditionValues {
    package init(_ value: String?) {
        self = value.map { .one($0) } ?? .absent
    }
}

extension CallerIdentity {
    /// `aws:PrincipalType`.
    var principalType: String {
        switch policyCaller.kind {
        case .root: "Account"
        case .user: "User"
        case .roleSession: "AssumedRole"
        case .federatedUser: "FederatedUser"
        case .service: "AWSService"
        }
    }
}

extension Timestamp {
    /// Seconds since 1970, with the milliseconds behind a point.
    var epochSeconds: String {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let digits = String(rest)
        return rest <= 0 ? String(seconds) : "\(seconds)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}
