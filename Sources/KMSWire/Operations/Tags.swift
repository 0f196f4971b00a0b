package import KMSCore

/// `Tag` of the model.
package struct TagShape: Codable, Sendable {
    let key: String?
    let value: String?

    init(_ tag: Tag) {
        key = tag.key
        value = tag.value
    }

    /// To be asked for when the request has been validated: then neither is missing.
    var tag: Tag { Tag(key: key ?? "", value: value ?? "") }

    private enum CodingKeys: String, CodingKey {
        case key = "TagKey"
        case value = "TagValue"
    }
}

package struct TagResourceRequest: WireRequest {
    package static let operation = OperationName.tagResource
    package let keyID: String
    private let shapes: [TagShape]

    package var tags: [Tag] { shapes.map(\.tag) }

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        shapes = try members.requiredTags("Tags")
    }
}

package struct UntagResourceRequest: WireRequest {
    package static let operation = OperationName.untagResource
    package let keyID: String
    package let tagKeys: [String]

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        tagKeys = try members.requiredStrings("TagKeys", .tagKey)
    }
}

package struct ListResourceTagsRequest: WireRequest {
    package static let operation = OperationName.listResourceTags
    package let keyID: String
    package let page: PageRequest

    package init(from members: inout MemberReader) throws(WireError) {
        keyID = try members.requiredString("KeyId", .keyID)
        page = try members.page()
    }
}

extension ListResponse<TagShape> {
    package init(tags: Page<Tag>) {
        self.init("Tags", tags, TagShape.init)
    }
}
