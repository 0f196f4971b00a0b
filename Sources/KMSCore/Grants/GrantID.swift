/// The ids of grants: 64 lower-case hexadecimal digits.
enum GrantID {
    /// Out of 256 random bits.
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return Hexadecimal.encode((0..<4).flatMap { _ in (generator.next() as UInt64).bigEndianBytes })
    }

    static func check(_ id: String) throws(KMSError) {
        guard id.utf8.count == 64, Hexadecimal.decode(id.utf8) != nil else {
            throw KMSError(
                .invalidGrantID,
                "'\(id)' is no grant id. CreateGrant and ListGrants give them: 64 hexadecimal digits in lower case.")
        }
    }
}

extension KMSError {
    package static let invalidGrantToken = KMSError(
        .invalidGrantToken, "A grant token in the request is not one that CreateGrant gave.")

    static func noGrant(_ id: String) -> KMSError {
        KMSError(.notFound, "Grant ID \(id) not found")
    }

    static func noPrincipal(_ arn: String) -> KMSError {
        KMSError(.invalidARN, "ARN does not refer to a valid principal: \(arn)")
    }
}
