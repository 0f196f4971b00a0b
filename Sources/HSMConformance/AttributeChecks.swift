import HSMWorker
import HSMWorkerProtocol
import PKCS11
import SecureMemory

enum AttributeChecks {
    static var all: [Check] {
        [
            Check(
                "attributes.template", "The token takes the templates that the worker makes keys by.",
                concerns: .spec("SYMMETRIC_DEFAULT"), otherwise: "The worker cannot make keys.",
                needs: [.aesKeyGeneration], template),
            Check(
                "attributes.pair-template", "The token takes the templates that the worker makes pairs by.",
                concerns: kinds.dropFirst(2).flatMap(\.concerns), otherwise: "The worker cannot make pairs.",
                pairTemplate),
        ]
            + kinds.map { kind in
                Check(
                    "attributes.kept-\(kind.name)",
                    "A new \(kind.words) has exactly the attributes that were asked for.",
                    concerns: kind.concerns, otherwise: "Such keys would be weaker than they are said to be.",
                    needs: kind.needs, absence: kind.absence
                ) { try kept(kind, $0) }
            }
            + kinds.map { kind in
                Check(
                    "attributes.unreadable-\(kind.name)", "The secret of a sensitive \(kind.words) cannot be read.",
                    concerns: kind.concerns, otherwise: "Whoever has the PIN can copy such keys out of the token.",
                    needs: kind.needs, absence: kind.absence
                ) { try unreadable(kind, $0) }
            }
            + kinds.map { kind in
                Check(
                    "attributes.sticky-\(kind.name)", "No \(kind.words) ever becomes extractable or less sensitive.",
                    concerns: kind.concerns, otherwise: "Whoever has the PIN can make such keys readable.",
                    needs: kind.needs, absence: kind.absence
                ) { try sticky(kind, $0) }
            } + [
                Check(
                    "attributes.history", "The token knows that it made a key, and that the key was never extractable.",
                    needs: [.aesKeyGeneration], absence: "", history),
                Check(
                    "attributes.imported-history",
                    "A key that was handed in is not said to have been made in the token.",
                    otherwise: "The token's word for a key's origin is worth nothing.", importedHistory),
                Check(
                    "attributes.unwrappable", "A key that is not extractable cannot be wrapped.",
                    otherwise:
                        "Whoever has the PIN can take keys out under a key of their own. The key store never does, so "
                        + "it works; but its keys are as safe as the PIN is.",
                    needs: [.aesKeyGeneration], absence: "", unwrappable),
                Check(
                    "attributes.usage", "A key does nothing that its attributes do not allow.",
                    otherwise: "The worker looks itself at what a key is for; others with the PIN may not.", usage),
                Check(
                    "attributes.contradiction", "A template that contradicts itself is refused.",
                    needs: [.aesKeyGeneration], absence: "", contradiction),
                Check(
                    "attributes.modifiable", "An object that is not modifiable keeps its label.",
                    needs: [.aesKeyGeneration], absence: "", modifiable),
                Check(
                    "attributes.copyable", "An object that is not copyable is not copied.", needs: [.aesKeyGeneration],
                    absence: "", copyable),
                Check(
                    "attributes.session-copy", "A session copy of a key is as strong as the key, and the same key.",
                    otherwise: "Keys are used by their token objects, which is slower on some tokens.",
                    needs: [.aesKeyGeneration], absence: "", sessionCopy),
                Check(
                    "attributes.weaker-copy", "No copy of a key is extractable or less sensitive than it.",
                    otherwise:
                        "Whoever has the PIN can make copies of keys that leave the token. The key store never does, so "
                        + "it works; but its keys are as safe as the PIN is.",
                    needs: [.aesKeyGeneration], absence: "", weakerCopy),
            ]
    }

    /// A kind of key that is looked at.
    struct Kind: Sendable {
        let name: String
        let words: String
        let spec: String
        let usage: String
        let needs: [MechanismType]
        /// The attributes that are its secret.
        let secrets: [AttributeType]
        let concerns: [ConformanceCapability]

        var absence: String { "There are no \(words)s." }
    }

    private static let kinds = [
        Kind(
            name: "aes", words: "AES key", spec: "SYMMETRIC_DEFAULT", usage: "ENCRYPT_DECRYPT",
            needs: [.aesKeyGeneration], secrets: [.value], concerns: .spec("SYMMETRIC_DEFAULT")),
        Kind(
            name: "hmac", words: "HMAC key", spec: "HMAC_256", usage: "GENERATE_VERIFY_MAC",
            needs: [.genericSecretKeyGeneration], secrets: [.value],
            concerns: [224, 256, 384, 512].flatMap { [ConformanceCapability].spec("HMAC_\($0)") }),
        Kind(
            name: "rsa", words: "RSA private key", spec: "RSA_2048", usage: "SIGN_VERIFY",
            needs: [.rsaKeyPairGeneration],
            secrets: [.privateExponent, .prime1, .prime2, .exponent1, .exponent2, .coefficient],
            concerns: [2048, 3072, 4096].flatMap { [ConformanceCapability].spec("RSA_\($0)") }),
        Kind(
            name: "ec", words: "elliptic curve private key", spec: "ECC_NIST_P256", usage: "SIGN_VERIFY",
            needs: [.ecKeyPairGeneration], secrets: [.value],
            concerns: ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1"].flatMap {
                [ConformanceCapability].spec($0)
            }),
        Kind(
            name: "ed25519", words: "Ed25519 private key", spec: "ECC_NIST_EDWARDS25519", usage: "SIGN_VERIFY",
            needs: [.edwardsKeyPairGeneration], secrets: [.value], concerns: .spec("ECC_NIST_EDWARDS25519")),
    ]

    private static func make(
        _ kind: Kind, _ bench: Bench, in session: borrowing Session
    ) throws -> (key: ObjectHandle, recipe: KeyRecipe, id: [UInt8]) {
        let recipe = try bench.recipe(kind.spec, kind.usage)
        let key =
            recipe.isKeyPair
            ? try bench.makePair(kind.spec, kind.usage, isToken: true, in: session).privateKey
            : try bench.makeKey(kind.spec, isToken: true, in: session)
        return (key, recipe, bench.objects.lastID)
    }

    private static func template(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        _ = try bench.makeKey(isToken: true, in: session)
        let refused = bench.tuning.omitAttributes
        guard !refused.isEmpty else { return .pass("an AES key is made by the worker's template") }
        return .quirk(
            "it is made when these are left out of the template: \(refused.joined(separator: ", "))",
            settings: ["omitAttributes": "[\(bench.worker.profile.omitAttributes.joined(separator: ", "))]"])
    }

    private static func pairTemplate(_ bench: Bench) throws -> Outcome {
        guard let kind = kinds.dropFirst(2).first(where: { $0.needs.allSatisfy(bench.has) }) else {
            return .missing("the token makes no pairs")
        }
        let session = try bench.session()
        let pair = try bench.makePair(kind.spec, kind.usage, isToken: true, in: session)
        let isWhole = try session.attributes([.token], of: pair.publicKey)[.token]?.flag == true
        let detail =
            "a pair \(kind.spec) is made"
            + (isWhole ? ", with both halves in the token; the worker destroys the public one" : "")
        let refused = bench.tuning.omitAttributes
        guard refused.isEmpty else {
            return .quirk(
                "\(detail), when these are left out of the template: \(refused.joined(separator: ", "))",
                settings: ["omitAttributes": "[\(bench.worker.profile.omitAttributes.joined(separator: ", "))]"])
        }
        return .pass(detail)
    }

    private static func kept(_ kind: Kind, _ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let (key, recipe, id) = try make(kind, bench, in: session)
        if let fault = try recipe.fault(of: key, id: id, in: session) { return .fail(fault) }
        return .pass("what the worker reads back is what it asked for")
    }

    private static func unreadable(_ kind: Kind, _ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let (key, _, _) = try make(kind, bench, in: session)
        for type in kind.secrets where try session.givesAway(type, of: key) {
            return .fail("C_GetAttributeValue gives a secret part of it away")
        }
        return .pass("C_GetAttributeValue gives nothing of it away")
    }

    private static func sticky(_ kind: Kind, _ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let (key, _, _) = try make(kind, bench, in: session)
        let answers = [Attribute(.extractable, true), Attribute(.sensitive, false)].map { attribute in
            (attribute.type.profileName, session.setAttribute(attribute, of: key))
        }
        // What it says it did is one thing, what it did another.
        let fresh = try bench.session()
        let found = try fresh.attributes([.extractable, .sensitive], of: key)
        let detail = "C_SetAttributeValue answers for " + answers.map { "\($0): \($1)" }.joined(separator: ", for ")
        guard found[.extractable]?.flag == false, found[.sensitive]?.flag == true else {
            for type in kind.secrets where try fresh.givesAway(type, of: key) {
                return .fail("\(detail), and the secret can be read then")
            }
            return .quirk("\(detail), and the token says so of the key; its secret cannot be read all the same")
        }
        return answers.contains { $0.1 == .ok }
            ? .quirk("\(detail), but the key was not changed") : .pass(detail)
    }

    private static func history(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let key = try bench.makeKey(isToken: true, in: session)
        let types: [AttributeType] = [.local, .neverExtractable, .alwaysSensitive, .keyGenerationMechanism]
        let found = try session.attributes(types, of: key)
        let words = [
            "local: \(text(found[.local]?.flag))", "never extractable: \(text(found[.neverExtractable]?.flag))",
            "always sensitive: \(text(found[.alwaysSensitive]?.flag))",
            "made by: \(found[.keyGenerationMechanism]?.number.map { "\(MechanismType(rawValue: $0))" } ?? "untold")",
        ].joined(separator: ", ")
        guard found[.neverExtractable]?.flag != false else {
            return .fail(
                words, consequence: "The worker refuses such keys: the token says that they were extractable once.")
        }
        let isKnown = types.prefix(3).allSatisfy { found[$0]?.flag == true }
        return isKnown ? .pass(words) : .quirk("\(words); the key store keeps a key's origin itself")
    }

    private static func text(_ flag: Bool?) -> String {
        flag.map { $0 ? "yes" : "no" } ?? "untold"
    }

    private static func importedHistory(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let key: ObjectHandle
        do {
            key = try bench.knownKey([UInt8](repeating: 4, count: 32), .aes, uses: [.encrypt, .decrypt], in: session)
        } catch {
            return .pass("no key can be handed in: \(error)")
        }
        let found = try session.attributes([.local, .neverExtractable, .alwaysSensitive], of: key)
        let words = "local: \(text(found[.local]?.flag)), never extractable: \(text(found[.neverExtractable]?.flag))"
        return found[.local]?.flag == true || found[.neverExtractable]?.flag == true
            ? .quirk("\(words); the key store keeps a key's origin itself") : .pass(words)
    }

    private static func unwrappable(_ bench: Bench) throws -> Outcome {
        let mechanisms = [MechanismType.aesKeyWrap, .aesKeyWrapPad, .aesKeyWrapKWP].filter(bench.has)
        guard !mechanisms.isEmpty else { return .pass("the token has no AES key wrap") }
        var answers: [String] = []
        for mechanism in mechanisms {
            let session = try bench.session()
            let key = try bench.makeKey(isToken: true, in: session)
            let wrapping = try bench.makeKey(
                changing: [
                    Attribute(.wrap, true), Attribute(.unwrap, true), Attribute(.encrypt, false),
                    Attribute(.decrypt, false),
                ],
                in: session)
            do throws(PKCS11Error) {
                let wrapped = try session.wrap(key, with: wrapping, Mechanism(mechanism))
                return .fail("\(mechanism) gives \(wrapped.count) bytes of a key that is not extractable")
            } catch {
                answers.append("\(mechanism): \(error.returnValue)")
            }
        }
        return .pass("C_WrapKey answers for " + answers.joined(separator: ", for "))
    }

    private static func usage(_ bench: Bench) throws -> Outcome {
        var accepted: [String] = []
        var refused: [String] = []
        func note(_ what: String, _ answer: ReturnValue) {
            if answer == .ok { accepted.append(what) } else { refused.append("\(what): \(answer)") }
        }
        if bench.has(.aesGCM) {
            let session = try bench.session()
            let key = try bench.makeKey(changing: [Attribute(.encrypt, false)], in: session)
            note(
                "encrypting with a key that only decrypts",
                session.beginEncryption(with: key, Mechanism(.aesGCM, .gcm(iv: Array(1...12), aad: [1]))))
        }
        if bench.has(.sha256HMAC), bench.has(.genericSecretKeyGeneration) {
            let session = try bench.session()
            let key = try bench.makeKey("HMAC_256", changing: [Attribute(.sign, false)], in: session)
            note("signing with a key that only verifies", session.beginSignature(with: key, Mechanism(.sha256HMAC)))
        }
        if bench.has(.rsaPKCS1) {
            let session = try bench.session()
            let pair = try bench.makePair("RSA_2048", "ENCRYPT_DECRYPT", in: session)
            note(
                "signing with an RSA key that only decrypts",
                session.beginSignature(with: pair.privateKey, Mechanism(.rsaPKCS1)))
        }
        guard !accepted.isEmpty || !refused.isEmpty else { return .pass("the token has nothing to try it with") }
        guard accepted.isEmpty else {
            return .quirk("taken: \(accepted.joined(separator: ", ")); the worker looks at a key's usage itself")
        }
        return .pass("refused: " + refused.joined(separator: ", "))
    }

    private static func contradiction(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let recipe = try bench.recipe("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        let template = recipe.generationTemplate(id: [], omitting: bench.worker.profile.omitAttributes)
            .changing([Attribute(.token, false)])
        let cases: [(String, [Attribute])] = [
            ("sensitive and not sensitive", template + [Attribute(.sensitive, false)]),
            ("another class of object", template.changing([Attribute(.objectClass, ObjectClass.publicKey.rawValue)])),
            ("7 bytes long", template.changing([Attribute(.valueLength, 7 as UInt)])),
        ]
        var accepted: [String] = []
        var refused: [String] = []
        for (name, attributes) in cases {
            do throws(PKCS11Error) {
                let key = try session.generateKey(recipe.generation, attributes)
                accepted.append(name)
                try? session.destroyObject(key)
            } catch {
                refused.append("\(name): \(error.returnValue)")
            }
        }
        guard accepted.isEmpty else {
            return .quirk("taken: \(accepted.joined(separator: ", ")); the worker reads back what was made")
        }
        return .pass("refused: " + refused.joined(separator: ", "))
    }

    private static func modifiable(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let key: ObjectHandle
        do {
            key = try bench.makeKey(isToken: true, changing: [Attribute(.modifiable, false)], in: session)
        } catch let error as PKCS11Error {
            return .quirk("the attribute is refused: \(error); the key store does not use it")
        }
        let other = session.setAttribute(Attribute(.derive, true), of: key)
        let label = session.setAttribute(Attribute(.label, ConformanceObjects.label), of: key)
        let detail = "C_SetAttributeValue answers for the label \(label), for a usage \(other)"
        return label != .ok && other != .ok
            ? .pass(detail) : .quirk("\(detail); the key store does not use the attribute")
    }

    private static func copyable(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let key: ObjectHandle
        do {
            key = try bench.makeKey(changing: [Attribute(.copyable, false)], in: session)
        } catch let error as PKCS11Error {
            return .quirk("the attribute is refused: \(error); the key store does not use it")
        }
        do throws(PKCS11Error) {
            let copy = try session.copyObject(key, [Attribute(.token, false)])
            try? session.destroyObject(copy)
            return .quirk("it is copied all the same; the key store does not use the attribute")
        } catch {
            return .pass("C_CopyObject answers \(error.returnValue)")
        }
    }

    private static func sessionCopy(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let recipe = try bench.recipe("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        let key = try bench.makeKey(isToken: true, in: session)
        let copy: ObjectHandle
        do throws(PKCS11Error) {
            copy = try session.copyObject(key, KeyRecipe.copyTemplate)
        } catch {
            return .quirk("there is none: \(error)", settings: ["sessionCopies": "false"])
        }
        if let fault = try recipe.fault(of: copy, id: [], isCopy: true, in: session) {
            return .quirk("there is a copy, but \(fault)", settings: ["sessionCopies": "false"])
        }
        let text: [UInt8] = Array("the same key".utf8)
        if let mode = bench.tuning.gcm {
            let sealed = try mode.seal(text, key, aad: [1], in: session)
            guard try session.openGCM(sealed.body, copy, iv: sealed.iv, aad: [1]) == text else {
                return .fail("the copy opens what the key sealed to something else")
            }
        }
        return .pass("it has the key's attributes, and opens what the key sealed")
    }

    private static func weakerCopy(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let key = try bench.makeKey(isToken: true, in: session)
        var answers: [String] = []
        for (name, attribute) in [
            ("extractable", Attribute(.extractable, true)), ("not sensitive", Attribute(.sensitive, false)),
        ] {
            do throws(PKCS11Error) {
                let copy = try session.copyObject(key, [Attribute(.token, false), attribute])
                let found = try session.attributes([.extractable, .sensitive], of: copy)
                let isReadable = try session.givesAway(.value, of: copy)
                try? session.destroyObject(copy)
                guard !isReadable, found[.extractable]?.flag != true, found[.sensitive]?.flag != false else {
                    return .fail("C_CopyObject makes a copy that is \(name)")
                }
                answers.append("\(name): a copy that is not")
            } catch {
                answers.append("\(name): \(error.returnValue)")
            }
        }
        return .pass("C_CopyObject answers for " + answers.joined(separator: ", for "))
    }
}
