import KMSCore

extension Identity {
    /// The members of `User` or `Role` of the model.
    ///
    /// - Parameter isListed: Lists leave out the boundary and the tags, as AWS's do.
    func members(isListed: Bool = false) -> [XMLNode] {
        let noun = key.kind == .role ? "Role" : "User"
        let own: [XMLNode?] = [
            .text("Path", path), .text(noun + "Name", key.name), .text(noun + "Id", uniqueID), .text("Arn", arn),
            .date("CreateDate", creationDate),
        ]
        let ofRole: [XMLNode?] = [
            .document("AssumeRolePolicyDocument", trustPolicy),
            description.isEmpty ? nil : .text("Description", description),
            .number("MaxSessionDuration", maximumSessionDuration),
        ]
        let attached: [XMLNode?] = [
            permissionsBoundary.map {
                .element(
                    "PermissionsBoundary", .text("PermissionsBoundaryType", "Policy"),
                    .text("PermissionsBoundaryArn", $0))
            },
            tags.isEmpty ? nil : .tags(tags),
        ]
        return (own + (key.kind == .role ? ofRole : []) + (isListed ? [] : attached)).compactMap(\.self)
    }
}
