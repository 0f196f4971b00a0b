/// On whose account a change is made, and what is told of it.
struct Occasion {
    private enum Author {
        case caller(CallContext)
        case server(AuditRecord?)
    }

    private let author: Author
    private let events: [KeyStoreEvent]

    /// A step on the way, of which nobody is told.
    static let step = Occasion(author: .server(nil), events: [])

    /// What a call asked for.
    static func call(_ context: CallContext, _ events: KeyStoreEvent...) -> Occasion { call(context, events) }

    static func call(_ context: CallContext, _ events: [KeyStoreEvent]) -> Occasion {
        Occasion(author: .caller(context), events: events)
    }

    /// What the server does of itself, and has no record.
    static func server(_ events: KeyStoreEvent...) -> Occasion {
        Occasion(author: .server(nil), events: events)
    }

    /// What the server does of itself to a key, as CloudTrail names it.
    static func service(
        _ name: String, _ address: KeyAddress, at now: Timestamp, _ details: [AuditValue.Member] = [],
        _ events: KeyStoreEvent...
    ) -> Occasion { service(name, address, at: now, details, events) }

    static func service(
        _ name: String, _ address: KeyAddress, at now: Timestamp, _ details: [AuditValue.Member],
        _ events: [KeyStoreEvent]
    ) -> Occasion {
        let record = AuditRecord(
            id: .randomUUID(), date: now, source: "kms.amazonaws.com", name: name,
            region: address.scope.region.description, caller: nil, origin: nil, requestID: .randomUUID(),
            resources: [
                AuditRecord.Resource(arn: address.arn, account: address.scope.account, type: "AWS::KMS::Key")
            ], isReadOnly: false, recipient: address.scope.account,
            additional: [AuditValue.Member("keyId", .string(address.arn))] + details, isServiceEvent: true)
        return Occasion(author: .server(record), events: events)
    }

    static func rotation(
        of address: KeyAddress, to material: KeyMaterial, _ kind: KeyMaterial.Rotation.Kind, at now: Timestamp,
        _ events: [KeyStoreEvent]
    ) -> Occasion {
        service(
            "RotateKey", address, at: now,
            [
                AuditValue.Member("rotationType", .string(kind.rawValue)),
                AuditValue.Member("currentKeyMaterialId", .string(material.idText)),
            ], events)
    }

    /// Makes the changes on this occasion.
    func commit(_ changes: [MetadataChange], to journal: Journal) async throws(KMSError) {
        switch author {
        case .caller(let context): try await journal.commit(changes, by: context, events)
        case .server(let record): try await journal.commit(changes, record, events)
        }
    }
}
