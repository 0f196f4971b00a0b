/// How one model of HSM wants to be used: a file of `hsm-config/`, whose README explains every field.
public struct HSMProfile: Codable, Hashable, Sendable {
    package var name: String
    package var description: String
    /// Absolute paths of the PKCS#11 module; the first that exists is taken.
    package var module: [String]
    /// Environment of the worker process, beyond PATH and LANG. `${STATE}` stands for the state directory.
    package var environment: [String: String]
    /// Files that `strongroom init` writes into the state directory, by relative name.
    package var files: [String: String]
    /// Whether `strongroom init` may make a token of its own (C_InitToken).
    package var initializeToken: Bool
    /// What the module takes as pReserved in C_Initialize; hardly any does.
    package var initArguments: String?
    /// Worker processes for one token.
    package var workers: Int
    /// Threads of one worker, each with a session of its own.
    package var lanes: Int
    /// Whether keys are used through session-object copies (C_CopyObject).
    package var sessionCopies: Bool
    package var gcmIV: GCMIVSource
    /// Whether the IV handed to an HSM that makes its own has to be zeros.
    package var zeroIV: Bool
    /// What C_Decrypt answers for a bad ciphertext. Believed only after the key's check value has been verified anew.
    package var decryptFailureCodes: [UInt]
    /// The hashes with which the token does OAEP itself. For others the token does the bare RSA, and the worker looks
    /// at the padding.
    package var oaepHashes: [OAEPHash]
    /// Whether the worker may open what is imported, in its locked memory, where the token lacks a mechanism for it.
    package var workerOpensImports: Bool
    /// What return values mean that mean something else than elsewhere: the value, as `0x5` or by the standard's name,
    /// with a function's name and a blank before it where it is meant for that one alone, to the name of a failure class.
    package var returnValues: [String: FailureClass]
    /// Whether keys SYMMETRIC_DEFAULT may be pairs of an AES key for AES-CBC and an HMAC key, where the token lacks
    /// AES-GCM.
    package var encryptThenMAC: Bool
    /// Whether keys that can leave their token, wrapped, are such that a trusted wrapping key alone wraps them.
    package var wrapWithTrusted: Bool
    /// Seconds after which an idle session is used once, so that neither the HSM nor a firewall ends it.
    package var keepAlive: Double
    /// At most this many sessions in all; nil for what the token says.
    package var sessionLimit: Int?
    /// Template attributes that the token refuses, by name.
    package var omitAttributes: [String]
    /// Seconds that a call may take before its worker is killed.
    package var callTimeout: Double
    /// The same for making a key.
    package var keyGenerationTimeout: Double

    /// What a failed call means for what is tried next.
    package enum FailureClass: String, Codable, Sendable {
        /// The session is at fault: another one may do.
        case session
        /// The login is gone: log in once more.
        case login
        /// The handle is at fault: look the object up anew.
        case object
        /// There is no room now: wait, with fewer sessions.
        case capacity
        /// The token or the connection to it: all is to be begun anew, in a new process.
        case generation
        /// The caller's input is at fault.
        case data
        /// The token does not allow it, and will not: the operator has to look.
        case refused
    }

    package enum OAEPHash: String, Codable, Sendable {
        case sha1 = "SHA_1"
        case sha256 = "SHA_256"
    }

    /// Who makes the IV of an AES-GCM encryption.
    package enum GCMIVSource: String, Codable, Sendable {
        /// We do, from the token's generator.
        case caller
        /// The HSM does, and writes it where the parameter's IV is.
        case writtenBack
        /// The HSM does, and puts its 12 bytes behind the tag.
        case appended
    }

    /// What holds where a profile says nothing: a token that keeps to PKCS#11 v2.40.
    package init() {
        name = "generic"
        description = "Any HSM that keeps to PKCS#11 v2.40"
        module = []
        environment = [:]
        files = [:]
        initializeToken = false
        workers = 1
        lanes = 4
        sessionCopies = false
        gcmIV = .caller
        zeroIV = false
        decryptFailureCodes = [0x20, 0x21, 0x40, 0x41]
        oaepHashes = [.sha1, .sha256]
        workerOpensImports = true
        returnValues = [:]
        encryptThenMAC = false
        wrapWithTrusted = true
        keepAlive = 15
        omitAttributes = []
        callTimeout = 5
        keyGenerationTimeout = 60
    }

    public init(from decoder: any Decoder) throws {
        self.init()
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<T: Decodable>(_ key: CodingKeys, into field: inout T) throws {
            if let value = try values.decodeIfPresent(T.self, forKey: key) { field = value }
        }
        name = try values.decode(String.self, forKey: .name)
        try read(.description, into: &description)
        try read(.module, into: &module)
        try read(.environment, into: &environment)
        try read(.files, into: &files)
        try read(.initializeToken, into: &initializeToken)
        initArguments = try values.decodeIfPresent(String.self, forKey: .initArguments)
        try read(.workers, into: &workers)
        try read(.lanes, into: &lanes)
        try read(.sessionCopies, into: &sessionCopies)
        try read(.gcmIV, into: &gcmIV)
        try read(.zeroIV, into: &zeroIV)
        try read(.decryptFailureCodes, into: &decryptFailureCodes)
        try read(.oaepHashes, into: &oaepHashes)
        try read(.workerOpensImports, into: &workerOpensImports)
        try read(.returnValues, into: &returnValues)
        try read(.encryptThenMAC, into: &encryptThenMAC)
        try read(.wrapWithTrusted, into: &wrapWithTrusted)
        try read(.keepAlive, into: &keepAlive)
        sessionLimit = try values.decodeIfPresent(Int.self, forKey: .sessionLimit)
        try read(.omitAttributes, into: &omitAttributes)
        try read(.callTimeout, into: &callTimeout)
        try read(.keyGenerationTimeout, into: &keyGenerationTimeout)
    }

    /// The names of all fields, so that a misspelled one in a file can be told to its author.
    package static let fieldNames = Set(CodingKeys.allCases.map(\.rawValue))

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case name, description, module, environment, files, initializeToken, initArguments, workers, lanes
        case sessionCopies, gcmIV, zeroIV, decryptFailureCodes, oaepHashes, workerOpensImports, sessionLimit
        case returnValues, encryptThenMAC, wrapWithTrusted, keepAlive
        case omitAttributes, callTimeout, keyGenerationTimeout
    }
}
