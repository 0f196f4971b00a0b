package import KMSCore

package struct ListKeysRequest: WireRequest {
    package static let operation = OperationName.listKeys
    package let page: PageRequest

    package init(from members: inout MemberReader) throws(WireError) {
        page = try members.page()
    }
}

/// `KeyListEntry` of the model.
package struct KeyListEntry: Encodable, Sendable {
    fileprivate let id: String
    fileprivate let arn: String

    private enum CodingKeys: String, CodingKey {
        case id = "KeyId"
        case arn = "KeyArn"
    }
}

extension ListResponse<KeyListEntry> {
    package init(keys: Page<KeyAddress>) {
        self.init("Keys", keys) { KeyListEntry(id: $0.id.description, arn: $0.arn) }
    }
}
