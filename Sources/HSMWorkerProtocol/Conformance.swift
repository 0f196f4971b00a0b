/// What `strongroom conformance` has a worker try on a token: one group of checks.
///
/// One worker runs one group. When it crashes or hangs, the command starts another one for what is left of the group,
/// so that one bad call of a module costs one check.
public struct ConformanceRequest: Codable, Hashable, Sendable {
    package var group: ConformanceGroup
    /// The ids of checks that are not to be run: those that have ended, and the one that the last worker died in.
    package var skip: Set<String>
    /// Four bytes that mark the objects of this run: the second half of the beginning of their PKCS#11 ids.
    package var run: [UInt8]
    /// How many objects the search group makes.
    package var objects: Int
    /// Seconds for one measurement of speed.
    package var measuringTime: Double
    package var scope: Scope
    /// Whether threads may make and search for objects at once. A worker never does, and there are tokens whose
    /// store has not outlived it.
    package var races: Bool
    /// What a second process, which a check starts, is to do to the token; group and scope count for nothing then.
    package var partner: Partner?

    package enum Partner: Codable, Hashable, Sendable {
        /// Make a token object of this id.
        case create(id: [UInt8])
        /// Destroy the token objects of this id.
        case destroy(id: [UInt8])
        /// Encrypt with the token object of this id for the measuring time, and tell how often a second.
        case measure(id: [UInt8])
        /// Tell so many random bytes of the token's, each as progress.
        case random(count: Int)
        /// Run the group's check of this id, which may crash the module.
        case check(id: String)
    }

    package enum Scope: String, Codable, Sendable {
        /// Log in, tell of the token, and end: nothing in the token changes.
        case look
        /// All checks of the group that are not to be skipped.
        case checks
        /// Remove what this run and earlier ones have left behind, and nothing else.
        case removal
    }

    package init(
        group: ConformanceGroup, skip: Set<String> = [], run: [UInt8], objects: Int = 1000, measuringTime: Double = 0.5,
        scope: Scope = .checks, races: Bool = false, partner: Partner? = nil
    ) {
        self.races = races
        self.partner = partner
        self.scope = scope
        self.group = group
        self.skip = skip
        self.run = run
        self.objects = objects
        self.measuringTime = measuringTime
    }
}

/// The groups, in the order in which they are run and reported.
public enum ConformanceGroup: String, Codable, CaseIterable, Sendable {
    /// C_Initialize, locking, initialising anew, what a second initialisation answers.
    case initialization
    /// Login, PIN rules, what is seen without login. Never a wrong PIN.
    case login
    /// Sessions, their caps, what closing the last one does, what a poisoned one answers.
    case sessions
    /// Security attributes: sensitive, extractable, never extractable, local, modifiable, copyable, usages.
    case attributes
    /// PKCS#11 ids, searches, many objects, two objects of one id.
    case objects
    /// Creation while others create and search, and the orphans that it leaves.
    case concurrency
    /// AES-GCM: known answers, AAD, empty inputs, who makes the IV, tampering, what a failure leaves in the output.
    case aesGCM
    /// AES-CBC with HMAC, what stands in for AES-GCM.
    case encryptThenMAC
    case hmac
    case rsa
    case ec
    /// OAEP, RFC 3394, RFC 5649 and all the ways of importing.
    case wrapping
    /// A fork, a second process that changes the token.
    case processes
    case random
    /// Bytes that operations leave behind in the module.
    case leaks
    /// Operations a second, with one thread and more, on token objects and session copies.
    case speed
}

/// How a check ended.
package enum ConformanceVerdict: String, Codable, Sendable {
    /// The token does what the key store needs.
    case pass = "PASS"
    /// It does something wrong that no setting of a profile mends.
    case fail = "FAIL"
    /// It does not have it; ``ConformanceFinding/consequence`` is what the key store then cannot offer.
    case missing = "MISSING"
    /// It does it in its own way, and ``ConformanceFinding/settings`` are what a profile says of it.
    case quirk = "QUIRK"
}

/// What one check found.
package struct ConformanceFinding: Codable, Hashable, Sendable {
    /// Stable, for scripts: the group, a point, and a name in kebab case, for example `aesGCM.tampered-tag`.
    package var check: String
    package var group: ConformanceGroup
    /// The fact that was looked at, as a sentence that holds when the check passes.
    package var fact: String
    package var verdict: ConformanceVerdict
    /// What was seen, with return values by name and numbers with their units.
    package var detail: String
    /// Of MISSING and FAIL: what the key store cannot offer, or what may happen.
    package var consequence: String?
    /// Fields of the profile, as YAML, that handle what was found, or that were measured: `gcmIV` to `caller`.
    package var settings: [String: String]
    /// What the key store can offer only when this check passes or is a quirk: see ``ConformanceCapability``.
    package var concerns: [ConformanceCapability]
    package var measurements: [ConformanceMeasurement]

    package init(
        _ check: String, _ group: ConformanceGroup, _ fact: String, _ verdict: ConformanceVerdict, _ detail: String,
        consequence: String? = nil, settings: [String: String] = [:], concerns: [ConformanceCapability] = [],
        measurements: [ConformanceMeasurement] = []
    ) {
        self.check = check
        self.group = group
        self.fact = fact
        self.verdict = verdict
        self.detail = detail
        self.consequence = consequence
        self.settings = settings
        self.concerns = concerns
        self.measurements = measurements
    }
}

/// Something that the key store offers if the token allows it. The verdict of the whole run says of each whether it
/// can be backed: all checks that concern it passed or were quirks.
package struct ConformanceCapability: Codable, Hashable, Sendable {
    /// AWS KMS's name of the origin (AWS_KMS, EXTERNAL), or nil for all.
    package var origin: String?
    /// AWS KMS's name of the key spec, or nil for all.
    package var spec: String?
    /// AWS KMS's name of the key usage, or nil for all.
    package var usage: String?

    package init(origin: String? = nil, spec: String? = nil, usage: String? = nil) {
        self.origin = origin
        self.spec = spec
        self.usage = usage
    }

    /// The key store as a whole.
    package static let everything = ConformanceCapability()
}

/// A number that was measured.
package struct ConformanceMeasurement: Codable, Hashable, Sendable {
    /// For example `AES-GCM 32 B, session copy, 2 threads`.
    package var name: String
    package var value: Double
    /// For example `1/s`, `ms` or `B`.
    package var unit: String

    package init(_ name: String, _ value: Double, _ unit: String) {
        self.name = name
        self.value = value
        self.unit = unit
    }
}

/// What a worker tells of a group while it runs it: each message is the body of a greeting frame, as JSON.
package enum ConformanceMessage: Codable, Hashable, Sendable {
    /// The token that was found; once, and first.
    case token(TokenReport)
    /// The check of this id begins: when nothing more comes, it is what the module died in.
    case begins(check: String, fact: String, concerns: [ConformanceCapability])
    /// Progress within a long check, for people.
    case progress(done: Int, of: Int)
    case finding(ConformanceFinding)
    /// All is done, and so many objects of this run were removed again.
    case ended(removed: Int)
}
