import KMSCore
import XKSCore

// The credentials and keys of the XKS proxy's stores.

struct CreateXKSCredentialRequest: XKSStoreQuery {
    static let action = "CreateXKSCredential"
    private let prefix: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        prefix = parameters.xksPrefix()
    }

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        [.element("Credential", try await stores.createCredential(of: prefix, by: context).members)]
    }
}

struct ListXKSCredentialsRequest: XKSStoreQuery {
    static let action = "ListXKSCredentials"
    private let prefix: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        prefix = parameters.xksPrefix()
    }

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let credentials = try stores.listCredentials(of: prefix, by: context)
        return [
            .list(
                "Credentials", credentials.map { [.text("AccessKeyId", $0.id), .date("CreateDate", $0.creationDate)] })
        ]
    }
}

struct DeleteXKSCredentialRequest: XKSStoreQuery {
    static let action = "DeleteXKSCredential"
    private let prefix: String
    private let id: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        prefix = parameters.xksPrefix()
        id = parameters.requiredString("AccessKeyId", .xksAccessKeyID)
    }

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await stores.deleteCredential(id, of: prefix, by: context)
        return nil
    }
}

extension ParameterReader {
    /// `Uses`: none, one or two of ENCRYPT and DECRYPT; nil where nothing is said of them.
    fileprivate mutating func uses() throws(QueryError) -> Set<KeyExposure.Use>? {
        if try flag("NoUse") { return [] }
        let names = try strings("Uses", .xksKeyUse, count: 0...2)
        return names.isEmpty ? nil : Set(names.compactMap(KeyExposure.Use.init(rawValue:)))
    }
}

struct CreateXKSKeyRequest: XKSStoreQuery {
    static let action = "CreateXKSKey"
    private let prefix: String
    private let id: String?
    private let label: String?
    private let description: String
    private let uses: Set<KeyExposure.Use>

    init(from parameters: inout ParameterReader) throws(QueryError) {
        prefix = parameters.xksPrefix()
        id = parameters.string("ExternalKeyId", .xksKeyID)
        label = parameters.string("Label", .objectLabel)
        description = parameters.string("Description", .keyDescription) ?? ""
        uses = try parameters.uses() ?? Set(KeyExposure.Use.allCases)
    }

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let made = try await stores.createKey(
            id, of: prefix, from: label.map { .labelled($0) } ?? .new, uses: uses, description: description, by: context
        )
        return [.element("Key", made.members)]
    }
}

struct ListXKSKeysRequest: XKSStoreQuery {
    static let action = "ListXKSKeys"
    private let prefix: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        prefix = parameters.xksPrefix()
    }

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        [.list("Keys", try stores.listKeys(of: prefix, by: context).map(\.members))]
    }
}

struct UpdateXKSKeyRequest: XKSStoreQuery {
    static let action = "UpdateXKSKey"
    private let prefix: String
    private let id: String
    private let uses: Set<KeyExposure.Use>

    init(from parameters: inout ParameterReader) throws(QueryError) {
        prefix = parameters.xksPrefix()
        id = parameters.requiredString("ExternalKeyId", .xksKeyID)
        uses = try parameters.uses() ?? Set(KeyExposure.Use.allCases)
    }

    func perform(on stores: XKSStores, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await stores.updateKey(id, of: prefix, uses: uses, by: context)
        return nil
    }
}

extension XKSKeyDescription {
    fileprivate var members: [XMLNode] {
        [
            .text("ExternalKeyId", exposure.name.id), .text("KeyId", address.id.description),
            .text("KeyArn", address.arn), .text("KeyState", state.rawValue),
            .list("Uses", KeyExposure.Use.allCases.filter(exposure.uses.contains).map(\.rawValue)),
            .date("CreateDate", creationDate),
        ]
    }
}
