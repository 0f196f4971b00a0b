import KMSCore
import KMSTesting
import Testing

@Suite struct `Request quotas` {
    let clock = TestClock()
    let account = AccountID("111122223333")!
    let otherAccount = AccountID("999988887777")!
    let region = Region("eu-central-1")!
    let otherRegion = Region("us-east-1")!

    func quotas(_ overrides: [String: QuotaLimits.Rate] = [:]) throws -> RequestQuotas {
        RequestQuotas(try QuotaLimits().overriding(overrides), clock: clock)
    }

    /// How many of `count` requests made at once are let through.
    func admitted(
        _ count: Int, by quotas: RequestQuotas, _ action: KMSAction = .createKey, spec: KeySpec? = nil,
        account: AccountID? = nil, region: Region? = nil
    ) -> Int {
        (0..<count).count { _ in
            do {
                try quotas.spend(action, spec: spec, account: account ?? self.account, region: region ?? self.region)
                return true
            } catch {
                return false
            }
        }
    }

    @Test func `let a second's worth through at once, and then refuse as AWS does`() throws {
        let quotas = try quotas()
        #expect(admitted(10, by: quotas, .createKey) == 5)
        let error = #expect(throws: KMSError.self) {
            try quotas.spend(.createKey, spec: nil, account: account, region: region)
        }
        #expect(error?.code == .throttled)
        #expect(
            error?.message
                == "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
        )
        #expect(
            error?.cause
                == "the account 111122223333 has used up its request quota CreateKey of 5 a second in eu-central-1"
        )
    }

    @Test func `are refilled steadily, up to a second's worth`() throws {
        let quotas = try quotas(["CreateKey": .perSecond(10)])
        #expect(admitted(20, by: quotas) == 10)
        clock.advance(byMilliseconds: 99)
        #expect(admitted(1, by: quotas) == 0)
        clock.advance(byMilliseconds: 1)
        #expect(admitted(2, by: quotas) == 1)
        clock.advance(byMilliseconds: 550)
        #expect(admitted(20, by: quotas) == 5)
        // The half token that was left counts.
        clock.advance(byMilliseconds: 50)
        #expect(admitted(20, by: quotas) == 1)
        clock.advance(byDays: 400)
        #expect(admitted(20, by: quotas) == 10)
    }

    @Test(arguments: [1, 3, 7, 1000, 9973])
    func `let exactly their rate through over time, whatever it is`(rate: Int) throws {
        let quotas = try quotas(["symmetric": .perSecond(rate)])
        var count = admitted(rate + 1, by: quotas, .encrypt)
        #expect(count == rate)
        // Ten times a fraction of a second that the rate is no multiple of, two seconds in all.
        for _ in 0..<10 {
            clock.advance(byMilliseconds: 200)
            count += admitted(rate, by: quotas, .encrypt)
        }
        #expect(count == 3 * rate)
    }

    @Test func `are apart for each account, Region and quota`() throws {
        let quotas = try quotas()
        #expect(admitted(10, by: quotas, .createKey) == 5)
        #expect(admitted(10, by: quotas, .createKey, account: otherAccount) == 5)
        #expect(admitted(10, by: quotas, .createKey, region: otherRegion) == 5)
        #expect(admitted(10, by: quotas, .createAlias) == 5)
        #expect(admitted(10, by: quotas, .tagResource) == 10)
        #expect(admitted(10, by: quotas, .createKey) == 0)
    }

    @Test func `are shared by the cryptographic operations on keys of one kind`() throws {
        let quotas = try quotas([
            "symmetric": .perSecond(8), "rsa": .perSecond(4), "ecc": .perSecond(6), "ml-dsa": .perSecond(2),
        ])
        let symmetric: [KMSAction] = [
            .encrypt, .decrypt, .generateDataKey, .generateDataKeyWithoutPlaintext, .reEncryptFrom, .reEncryptTo,
        ]
        for action in symmetric {
            #expect(admitted(1, by: quotas, action, spec: .symmetricDefault) == 1, "\(action)")
        }
        #expect(admitted(1, by: quotas, .generateMAC, spec: .hmac256) == 1)
        #expect(admitted(1, by: quotas, .generateRandom) == 1)
        for (action, spec) in [
            (KMSAction.encrypt, KeySpec.symmetricDefault), (.verifyMAC, .hmac512), (.generateRandom, nil as KeySpec?),
        ] {
            #expect(admitted(1, by: quotas, action, spec: spec) == 0, "\(action)")
        }

        for (action, spec) in [
            (KMSAction.sign, KeySpec.rsa2048), (.verify, .rsa3072), (.encrypt, .rsa4096), (.reEncryptFrom, .rsa2048),
        ] {
            #expect(admitted(1, by: quotas, action, spec: spec) == 1, "\(action)")
        }
        #expect(admitted(1, by: quotas, .decrypt, spec: .rsa2048) == 0)

        for (action, spec) in [
            (KMSAction.sign, KeySpec.p256), (.verify, .p384), (.deriveSharedSecret, .p521), (.sign, .secp256k1),
            (.sign, .edwards25519), (.encrypt, .sm2),
        ] {
            #expect(admitted(1, by: quotas, action, spec: spec) == 1, "\(action)")
        }
        #expect(admitted(1, by: quotas, .deriveSharedSecret, spec: .p256) == 0)

        #expect(admitted(1, by: quotas, .sign, spec: .mlDSA44) == 1)
        #expect(admitted(2, by: quotas, .verify, spec: .mlDSA87) == 1)
    }

    @Test func `of key pairs go by the pair's spec`() throws {
        let quotas = try quotas(["symmetric": .perSecond(1)])
        #expect(admitted(1, by: quotas, .encrypt, spec: .symmetricDefault) == 1)
        #expect(admitted(10, by: quotas, .generateDataKeyPair, spec: .rsa4096) == 1)
        #expect(admitted(10, by: quotas, .generateDataKeyPairWithoutPlaintext, spec: .rsa4096) == 0)
        #expect(admitted(10, by: quotas, .generateDataKeyPairWithoutPlaintext, spec: .rsa3072) == 4)
        #expect(admitted(30, by: quotas, .generateDataKeyPair, spec: .rsa2048) == 20)
        for spec in [KeySpec.p256, .p384, .p521, .secp256k1, .edwards25519] {
            #expect(admitted(110, by: quotas, .generateDataKeyPair, spec: spec) == 100, "\(spec)")
        }
        // They take nothing of the quotas for using keys.
        #expect(admitted(1, by: quotas, .sign, spec: .rsa4096) == 1)
    }

    @Test(arguments: KMSAction.allCases)
    func `know every action`(action: KMSAction) throws {
        let overrides = QuotaLimits.names.map { ($0, QuotaLimits.Rate.perSecond($0 == "symmetric" ? 1 : 2)) }
        let quotas = try quotas(Dictionary(uniqueKeysWithValues: overrides))
        // An action without a quota of its own would count as a symmetric one.
        let isSymmetric = [
            .encrypt, .decrypt, .generateDataKey, .generateDataKeyWithoutPlaintext, .reEncryptFrom, .reEncryptTo,
            .generateMAC, .verifyMAC, .generateRandom, .sign, .verify, .deriveSharedSecret,
        ].contains(action)
        let pair: Set<KMSAction> = [.generateDataKeyPair, .generateDataKeyPairWithoutPlaintext]
        let spec: KeySpec = pair.contains(action) ? .p256 : .symmetricDefault
        #expect(admitted(5, by: quotas, action, spec: spec) == (isSymmetric ? 1 : 2))
    }

    @Test func `without limit refuse nothing`() throws {
        let quotas = RequestQuotas(.unlimited, clock: clock)
        for action in KMSAction.allCases {
            #expect(admitted(200, by: quotas, action, spec: .rsa4096) == 200)
        }
        let mixed = try self.quotas(["CreateKey": .unlimited])
        #expect(admitted(1000, by: mixed, .createKey) == 1000)
        #expect(admitted(1000, by: mixed, .createAlias) == 5)
    }

    @Test func `fill but once when the clock jumps ahead, and are not stuck when it goes back`() throws {
        let quotas = try quotas()
        let start = clock.now
        #expect(admitted(10, by: quotas) == 5)
        clock.advance(byDays: 365)
        #expect(admitted(10, by: quotas) == 5)
        // Back where it was: nothing for free, but no year without service.
        clock.set(start)
        #expect(admitted(10, by: quotas) == 0)
        clock.advance(byMilliseconds: 200)
        #expect(admitted(10, by: quotas) == 1)
        clock.advance(bySeconds: 1)
        #expect(admitted(10, by: quotas) == 5)
        // Before the quotas were made.
        clock.set(Timestamp(seconds: 0))
        #expect(admitted(10, by: quotas) == 0)
        clock.advance(bySeconds: 1)
        #expect(admitted(10, by: quotas) == 5)
    }

    @Test(arguments: [1, 10, 999, 1000])
    func `give nothing away to a clock that goes back and forth a little`(milliseconds: Int64) throws {
        let quotas = try quotas(["CreateKey": .perSecond(1000)])
        var count = 0
        for _ in 0..<50 {
            count += admitted(1100, by: quotas)
            clock.advance(byMilliseconds: milliseconds)
            count += admitted(1100, by: quotas)
            clock.advance(byMilliseconds: -milliseconds)
        }
        #expect(count == 1000 + Int(milliseconds), "as much as the time that has been seen")
    }

    @Test func `survive the ends of time`() throws {
        let quotas = try quotas(["CreateKey": .perSecond(QuotaLimits.maximumRate)])
        for moment: Int64 in [.max, .min, 0, .max, -1, .min] {
            clock.set(Timestamp(milliseconds: moment))
            _ = admitted(3, by: quotas)
        }
        clock.set(Timestamp(seconds: 1_767_225_600))
        _ = admitted(3, by: quotas)
        clock.advance(bySeconds: 1)
        #expect(admitted(3, by: quotas) == 3)
    }

    @Test func `let no more through when many call at once`() async throws {
        let quotas = try quotas(["symmetric": .perSecond(1000), "rsa": .perSecond(500)])
        let account = account
        let region = region
        let counts = await withTaskGroup(of: (symmetric: Int, rsa: Int).self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (
                        admitted(400, by: quotas, .encrypt, spec: .symmetricDefault, account: account, region: region),
                        admitted(400, by: quotas, .sign, spec: .rsa2048, account: account, region: region)
                    )
                }
            }
            return await group.reduce((symmetric: 0, rsa: 0)) { ($0.symmetric + $1.symmetric, $0.rsa + $1.rsa) }
        }
        #expect(counts.symmetric == 1000)
        #expect(counts.rsa == 500)
    }
}

@Suite struct `Limits of request quotas` {
    @Test func `are AWS's by default`() {
        let rates = Dictionary(uniqueKeysWithValues: RequestQuota.all.map { ($0.name, $0.defaultRate) })
        for (name, rate) in [
            "symmetric": 100_000, "rsa": 1000, "ecc": 1000, "ml-dsa": 1000, "CreateKey": 5, "CreateGrant": 50,
            "DescribeKey": 2000, "PutKeyPolicy": 15, "GetParametersForImport": 1, "GenerateDataKeyPair (RSA_4096)": 1,
        ] {
            #expect(rates[name] == rate, "\(name)")
        }
        #expect(QuotaLimits.names.count == Set(QuotaLimits.names).count)
    }

    @Test func `refuse a name that is none, and list those that are`() {
        let error = #expect(throws: KMSError.self) {
            try QuotaLimits().overriding(["CreateKey": .perSecond(1), "createKey\u{1b}": .perSecond(1)])
        }
        #expect(error?.code == .validation)
        #expect(
            error?.message.contains(#"There is no request quota "createKey\u{1B}". Use one of symmetric, rsa"#) == true)
        #expect(error?.message.contains("CreateKey, ") == true)
    }

    @Test(arguments: [0, -1, 1_000_001, .min, .max])
    func `refuse a rate that is none`(rate: Int) {
        let error = #expect(throws: KMSError.self) { try QuotaLimits().overriding(["rsa": .perSecond(rate)]) }
        #expect(error?.code == .validation)
        #expect(error?.message.contains("The request quota rsa cannot be \(rate): give from 1 to 1000000") == true)
    }

    @Test func `can be set one after another`() throws {
        let once = try QuotaLimits().overriding(["rsa": .perSecond(7)]).overriding(["ecc": .unlimited])
        #expect(try once == QuotaLimits().overriding(["rsa": .perSecond(7), "ecc": .unlimited]))
        #expect(try QuotaLimits().overriding([:]) == QuotaLimits())
    }
}
