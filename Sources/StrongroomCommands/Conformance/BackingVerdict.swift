import HSMWorkerProtocol

/// What a key store could offer on the token, by what the checks have found.
struct BackingVerdict: Equatable, Sendable {
    /// One line of it: the key store as a whole, or keys of one origin, spec and usage.
    struct Row: Equatable, Sendable {
        let capability: ConformanceCapability
        let answer: Answer
    }

    enum Answer: Equatable, Sendable {
        /// With what has to be said to it, where there is something.
        case possible(note: String?)
        /// The consequences of what was found.
        case impossible(because: [String])
        /// These groups would have to be run.
        case unknown(without: [ConformanceGroup])
    }

    let rows: [Row]

    /// - Parameter groups: Those that were run to their end.
    init(_ findings: [ConformanceFinding], groups: [ConformanceGroup]) {
        let judge = Judge(findings, groups: Set(groups))
        let keys = Self.capabilities.map { Row(capability: $0, answer: judge.answer(for: $0)) }
        var store = judge.answer(for: .everything)
        // The first is SYMMETRIC_DEFAULT of AWS_KMS, under which a server seals its credentials.
        if case .impossible(let reasons) = keys[0].answer {
            if case .impossible(let others) = store {
                store = .impossible(because: others + reasons.filter { !others.contains($0) })
            } else {
                store = .impossible(because: reasons)
            }
        }
        rows = [Row(capability: .everything, answer: store)] + keys
    }

    /// The key store as a whole, which needs what every key needs, and symmetric keys.
    var store: Answer { rows[0].answer }

    /// Whether a server can be run on the token, as far as was looked.
    var canServe: Bool { if case .impossible = store { false } else { true } }

    static let origins = ["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM"]

    /// All that PKCS#11 v2.40 has room for: ML-DSA and SM2 are not in it.
    private static let capabilities: [ConformanceCapability] = origins.flatMap { origin in
        uses.filter { origin != "AWS_CLOUDHSM" || $0.spec == "SYMMETRIC_DEFAULT" }.map {
            ConformanceCapability(origin: origin, spec: $0.spec, usage: $0.usage)
        }
    }

    private static let uses: [(spec: String, usage: String)] =
        [("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")]
        + [224, 256, 384, 512].map { ("HMAC_\($0)", "GENERATE_VERIFY_MAC") }
        + [2048, 3072, 4096].flatMap { [("RSA_\($0)", "ENCRYPT_DECRYPT"), ("RSA_\($0)", "SIGN_VERIFY")] }
        + [256, 384, 521].flatMap { [("ECC_NIST_P\($0)", "SIGN_VERIFY"), ("ECC_NIST_P\($0)", "KEY_AGREEMENT")] }
        + [("ECC_SECG_P256K1", "SIGN_VERIFY"), ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY")]
}

/// Answers for one capability after the other.
private struct Judge {
    private let findings: [ConformanceFinding]
    private let groups: Set<ConformanceGroup>

    init(_ findings: [ConformanceFinding], groups: Set<ConformanceGroup>) {
        self.findings = findings
        self.groups = groups
    }

    /// What every key needs.
    private static let common: Set<ConformanceGroup> = [
        .initialization, .login, .sessions, .attributes, .objects, .concurrency, .processes, .random,
    ]

    func answer(for capability: ConformanceCapability) -> BackingVerdict.Answer {
        let concerned = findings.filter { $0.concerns(capability) }
        var reasons: [String] = []
        for finding in concerned where !finding.isGood {
            let reason = finding.consequence ?? "It is not so that: \(finding.fact)"
            if !reasons.contains(reason) { reasons.append(reason) }
        }
        guard reasons.isEmpty else { return .impossible(because: reasons) }
        // The checks of AES-GCM say so where something else stands in for it.
        let isStandIn = concerned.contains { $0.settings["encryptThenMAC"] == "true" }
        let special = groups(for: capability) + (isStandIn ? [.encryptThenMAC] : [])
        var left = ConformanceGroup.allCases.filter {
            (Self.common.contains($0) || special.contains($0)) && !groups.contains($0)
        }
        // What no check is about cannot be promised.
        if left.isEmpty, capability.spec != nil, !concerned.contains(where: { $0.names(capability.spec) }) {
            left = special
        }
        guard left.isEmpty else { return .unknown(without: left) }
        return .possible(note: isStandIn ? "by AES-CBC with HMAC, with encryptThenMAC: true in the profile" : nil)
    }

    private func groups(for capability: ConformanceCapability) -> [ConformanceGroup] {
        guard let spec = capability.spec else { return [] }
        let cipher: ConformanceGroup =
            switch spec.prefix(3) {
            case "HMA": .hmac
            case "RSA": .rsa
            case "ECC": .ec
            default: .aesGCM
            }
        // What is imported comes under an RSA key.
        return capability.origin == "EXTERNAL" ? [cipher, .wrapping] : [cipher]
    }
}

extension ConformanceFinding {
    fileprivate var isGood: Bool { verdict == .pass || verdict == .quirk }

    fileprivate func names(_ spec: String?) -> Bool {
        concerns.contains { $0.spec == spec }
    }

    /// Whether `capability` is among what the check is about; nothing said of an origin, a spec or a usage means all.
    func concerns(_ capability: ConformanceCapability) -> Bool {
        concerns.contains { concern in
            concern.holds(for: capability.origin, usage: concern.usage)
                && (concern.spec == nil || concern.spec == capability.spec)
                && (concern.usage == nil || concern.usage == capability.usage)
        }
    }
}

extension ConformanceCapability {
    /// Keys in a custom key store are made in the token as those of AWS_KMS are. Imported ones are used as those are,
    /// but not made.
    fileprivate func holds(for other: String?, usage: String?) -> Bool {
        switch (origin, other) {
        case (nil, _): true
        case ("AWS_KMS", "AWS_CLOUDHSM"): true
        case ("AWS_KMS", "EXTERNAL"): usage != nil
        default: origin == other
        }
    }
}
