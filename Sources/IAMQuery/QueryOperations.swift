/// From an operation's name to what reads and serves it.
enum QueryOperations {
    static let requests: [any QueryRequest.Type] =
        users + roles + policies + credentials + sessions + extensions + xksStores + both(Users.self) + both(Roles.self)

    private static let byAction: [QueryService: [String: any QueryRequest.Type]] = Dictionary(
        grouping: requests, by: { $0.service }
    ).mapValues { requests in Dictionary(uniqueKeysWithValues: requests.map { ($0.action, $0) }) }

    /// Throws `NotImplemented` for what AWS serves and this server does not, and `InvalidAction` for anything else.
    static func request(_ action: String, of service: QueryService) throws(QueryError) -> any QueryRequest.Type {
        if let request = byAction[service]?[action] { return request }
        throw service.knownActions.contains(action) ? .notServed(action) : .invalidAction(action, of: service)
    }

    private static let users: [any QueryRequest.Type] = [
        CreateUserRequest.self, DeleteUserRequest.self, GetUserRequest.self, ListUsersRequest.self,
        UpdateUserRequest.self, GetLoginProfileRequest.self, DeleteLoginProfileRequest.self,
        ListAbsentRequest<Groups>.self, ListAbsentRequest<SSHPublicKeys>.self,
        ListAbsentRequest<ServiceSpecificCredentials>.self, ListAbsentRequest<SigningCertificates>.self,
        GetAccountSummaryRequest.self, ListAccountAliasesRequest.self,
    ]

    private static let roles: [any QueryRequest.Type] = [
        CreateRoleRequest.self, DeleteRoleRequest.self, GetRoleRequest.self, ListRolesRequest.self,
        UpdateAssumeRolePolicyRequest.self, UpdateRoleRequest.self, UpdateRoleDescriptionRequest.self,
        ListAbsentRequest<InstanceProfiles>.self,
    ]

    /// What users and roles have in common.
    private static func both<Kind: IdentityKind>(_: Kind.Type) -> [any QueryRequest.Type] {
        [
            PutInlinePolicyRequest<Kind>.self, GetInlinePolicyRequest<Kind>.self,
            ListInlinePoliciesRequest<Kind>.self, DeleteInlinePolicyRequest<Kind>.self,
            AttachPolicyRequest<Kind>.self, DetachPolicyRequest<Kind>.self, ListAttachedPoliciesRequest<Kind>.self,
            PutPermissionsBoundaryRequest<Kind>.self, DeletePermissionsBoundaryRequest<Kind>.self,
            TagIdentityRequest<Kind>.self, UntagIdentityRequest<Kind>.self, ListIdentityTagsRequest<Kind>.self,
        ]
    }

    private static let policies: [any QueryRequest.Type] = [
        CreatePolicyRequest.self, DeletePolicyRequest.self, GetPolicyRequest.self, ListPoliciesRequest.self,
        ListEntitiesForPolicyRequest.self, CreatePolicyVersionRequest.self, DeletePolicyVersionRequest.self,
        GetPolicyVersionRequest.self, ListPolicyVersionsRequest.self, SetDefaultPolicyVersionRequest.self,
        TagPolicyRequest.self, UntagPolicyRequest.self, ListPolicyTagsRequest.self,
    ]

    private static let credentials: [any QueryRequest.Type] = [
        CreateAccessKeyRequest.self, DeleteAccessKeyRequest.self, GetAccessKeyLastUsedRequest.self,
        ListAccessKeysRequest.self, UpdateAccessKeyRequest.self, CreateVirtualDeviceRequest.self,
        DeactivateDeviceRequest.self, DeleteVirtualDeviceRequest.self, EnableDeviceRequest.self,
        ListDevicesRequest.self, ListDeviceTagsRequest.self, ListVirtualDevicesRequest.self,
    ]

    private static let sessions: [any QueryRequest.Type] = [
        AssumeRoleQuery.self, GetCallerIdentityRequest.self, GetSessionTokenRequest.self,
    ]
}
