/// One version of a key's secret.
public struct KeyMaterial: Hashable, Sendable {
    /// How far the material has come. The intents stand in the store while the token is at work.
    public enum Stage: String, Sendable {
        /// Intent: the token may or may not have the object yet.
        case creating
        /// Intent: another Region's token has the material, and it is on its way into the object. The token may or may
        /// not have that yet.
        case moving
        /// The token has the object.
        case present
        /// Intent: the object is being destroyed.
        case destroying
        /// Imported material that has expired or was deleted, or that is yet to be imported: what is known of it
        /// stays, so that the same material, and no other, can be imported again.
        case absent
    }

    /// What is kept of an import.
    public struct Import: Hashable, Sendable {
        /// Where the wrapping was opened, so that the material stood in the clear there.
        public enum Place: String, Sendable {
            /// In the token: the material was never anywhere else.
            case token
            /// In the worker's locked memory, because the token lacks a mechanism.
            case worker
        }

        /// When the material is destroyed; nil for KEY_MATERIAL_DOES_NOT_EXPIRE.
        public var validTo: Timestamp?
        /// The caller's KeyMaterialDescription.
        public var description: String
        public var place: Place

        public init(validTo: Timestamp?, description: String, place: Place) {
            self.validTo = validTo
            self.description = description
            self.place = place
        }
    }

    /// How and when a rotation made the material current.
    public struct Rotation: Hashable, Sendable {
        public enum Kind: String, Sendable {
            case automatic = "AUTOMATIC"
            case onDemand = "ON_DEMAND"
        }

        public var date: Timestamp
        public var kind: Kind

        public init(date: Timestamp, kind: Kind) {
            self.date = date
            self.kind = kind
        }
    }

    /// Counts from 1 within its key. A ciphertext carries it.
    public let number: UInt32
    /// The KeyMaterialId that AWS KMS shows: 32 bytes.
    public let id: [UInt8]
    /// The object's id stays the same for ever: material that is imported again becomes that object again. The check
    /// value is empty until there has been one.
    public var reference: MaterialReference
    public var creationDate: Timestamp
    /// How many encryptions are accounted for: at least as many as were made. See ``EncryptionBudget``.
    public var reservedEncryptions: UInt64
    public var stage: Stage
    /// DER SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7) of a key pair's public part; empty for secret keys.
    public var publicKey: [UInt8]
    /// Whether it waits for RotateKeyOnDemand to make it current.
    public var isPendingRotation: Bool
    /// Nil for material that a key began with.
    public var rotation: Rotation?
    /// Nil for material that was made in the token, and before the first import.
    public var imported: Import?

    public init(
        number: UInt32, id: [UInt8], reference: MaterialReference, creationDate: Timestamp,
        reservedEncryptions: UInt64, stage: Stage = .present, publicKey: [UInt8] = [],
        isPendingRotation: Bool = false, rotation: Rotation? = nil, imported: Import? = nil
    ) {
        self.number = number
        self.id = id
        self.reference = reference
        self.creationDate = creationDate
        self.reservedEncryptions = reservedEncryptions
        self.stage = stage
        self.publicKey = publicKey
        self.isPendingRotation = isPendingRotation
        self.rotation = rotation
        self.imported = imported
    }

    package var idText: String { Hexadecimal.encode(id) }

    /// Whether the material may not be used any more, whether or not it has been destroyed yet.
    package func hasExpired(at now: Timestamp) -> Bool {
        imported?.validTo.map { $0 <= now } ?? false
    }
}
