/// The first frame that a worker is sent, as JSON: all that it needs, and no secret.
public struct WorkerSettings: Codable, Sendable {
    public enum Task: Codable, Sendable {
        /// Log in and serve requests until the socket closes.
        case serve
        /// Make a new token with this label in a free slot, with new PINs in these files, and end.
        case initializeToken(label: String, pinFile: String, securityOfficerPINFile: String)
        /// Look for the token and at its mechanisms, without logging in, answer ``TokenReport``, and end.
        case examine
        /// Wrap the one key that the token URI names, answer ``ExportedKey``, and end.
        case wrapKey(KeyExportRequest)
        /// Have the token trust these keys, as its security officer, whose PIN the settings name; answer how many it did
        /// not trust yet, and end.
        case trustKeys([TrustedKey])
        /// Run a group of conformance checks, tell of it in ``ConformanceMessage``s, and end.
        case conform(ConformanceRequest)
    }

    package var task: Task
    package var modulePath: String
    /// RFC 7512.
    package var tokenURI: String
    package var pinSource: PINSource
    package var profile: HSMProfile
    /// A file that is locked from C_Initialize to the end of C_Login, so that no two processes do that at once:
    /// some tokens fail both then. Nil where there is no folder for it.
    package var startLockPath: String?
    /// Whether a key's label is its PKCS#11 id, written as a UUID (RFC 9562): in a token that is somebody else's, where
    /// keys are looked for by their names. Else all have one label.
    package var labelsKeysByID = false

    public init(
        task: Task = .serve, modulePath: String, tokenURI: String, pinSource: PINSource, profile: HSMProfile,
        startLockPath: String? = nil
    ) {
        self.startLockPath = startLockPath
        self.task = task
        self.modulePath = modulePath
        self.tokenURI = tokenURI
        self.pinSource = pinSource
        self.profile = profile
    }
}

/// Where the worker, and nobody else, reads the token's PIN. One line; its end is left off.
public enum PINSource: Codable, Hashable, Sendable {
    /// A file that only its owner may read.
    case file(String)
    /// A systemd credential: the name of a file in $CREDENTIALS_DIRECTORY.
    case credential(String)
    /// A program, and its arguments, that prints the PIN.
    case command([String])
    /// A descriptor that the server inherited and hands on. It can be read once, so the server keeps nothing of it.
    case descriptor(Int32)
    /// A variable of the server's environment. Other processes of the user can see it: there is a warning.
    case environment(String)
    /// A PIN that the server was handed while it ran, and gives each worker by a descriptor. The name tells it from
    /// another PIN, and nothing of it.
    case handed(name: String, descriptor: Int32)
}

/// What a worker tells of its token once it is ready.
package struct TokenReport: Codable, Hashable, Sendable {
    package var module: String
    package var label: String
    package var serial: String
    package var model: String
    package var manufacturer: String
    /// The names of the needed mechanisms that the token lacks.
    package var missingMechanisms: [String]
    package var lanes: Int
    /// Whether secrets in the worker's memory are locked (mlock).
    package var isMemoryLocked: Bool

    package init(
        module: String, label: String, serial: String, model: String, manufacturer: String,
        missingMechanisms: [String], lanes: Int, isMemoryLocked: Bool
    ) {
        self.module = module
        self.label = label
        self.serial = serial
        self.model = model
        self.manufacturer = manufacturer
        self.missingMechanisms = missingMechanisms
        self.lanes = lanes
        self.isMemoryLocked = isMemoryLocked
    }
}
