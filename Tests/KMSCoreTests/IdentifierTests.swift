import KMSCore
import KMSTesting
import Testing

@Suite struct Identifiers {
    static let uuid = "1234abcd-12ab-34cd-56ef-1234567890ab"
    static let mrk = "mrk-1234abcd12ab34cd56ef1234567890ab"

    // MARK: Key ids

    @Test(arguments: [uuid, mrk, "00000000-0000-0000-0000-000000000000", "mrk-ffffffffffffffffffffffffffffffff"])
    func `a key id is written as it was read`(text: String) throws {
        #expect(try #require(KeyID(text)).description == text)
    }

    @Test(arguments: [
        "", "1234abcd12ab34cd56ef1234567890ab", "1234ABCD-12AB-34CD-56EF-1234567890AB", uuid + "0", uuid + " ",
        "1234abcd-12ab-34cd-56ef-1234567890a", "1234abcd-12ab-34cd-56ef1-234567890ab",
        "1234abcd-12ab-34cd-56ef-1234567890ag", "MRK-1234abcd12ab34cd56ef1234567890ab",
        "mrk-1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890aé",
        "mrk-fake-key-id", "alias/payroll", "--------1234-----------------------",
    ])
    func `what is not exactly an id is none`(text: String) {
        #expect(KeyID(text) == nil)
    }

    @Test func `a new id is a random UUID of version 4`() {
        let ids = (0..<1000).map { _ in KeyID.random() }
        #expect(Set(ids).count == 1000)
        for text in ids.map({ Array($0.description) }) {
            #expect(text[14] == "4", "the version, RFC 9562 section 5.4")
            #expect("89ab".contains(text[19]), "the variant")
        }
    }

    @Test func `ids are ordered as their texts`() {
        let ids = (0..<100).map { index in
            KeyID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max), isMultiRegion: index.isMultiple(of: 2))
        }
        #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
    }

    @Test func `a multi-Region key is not the single-Region key with the same digits`() throws {
        #expect(try #require(KeyID(Self.uuid)) != #require(KeyID(Self.mrk)))
    }

    // MARK: Accounts, Regions

    @Test(arguments: ["us-east-1", "eu-central-1", "us-gov-west-1", "ap-southeast-13"])
    func `is a Region's name`(name: String) throws {
        #expect(try #require(Region(name)).description == name)
    }

    @Test(arguments: [
        "", "us", "us-east", "us-1", "1-east-1", "US-east-1", "us-east-1a", "us--1", "-east-1", "us-east-",
        "us-east-1-", "a-b-c-d-1", "us_east_1", "us-east-١", "abcdefghijklmnop-abcdefghijklmnop-1",
    ])
    func `is no Region's name`(name: String) {
        #expect(Region(name) == nil)
    }

    @Test func `an account is 12 decimal digits`() {
        #expect(AccountID("111122223333")?.description == "111122223333")
        for text in ["", "11112222333", "1111222233334", "11112222333a", "１１１１２２２２３３３３", "-11122223333"] {
            #expect(AccountID(text) == nil, "\(text)")
        }
    }

    // MARK: What callers name a key by

    @Test func `a key is named by id, by alias, and by the ARN of either`() throws {
        let id = try #require(KeyID(Self.uuid))
        let arn = "arn:aws:kms:eu-central-1:111122223333:"
        #expect(try KeyIdentifier(Self.uuid, in: .sample).name == .id(id))
        #expect(try KeyIdentifier(arn + "key/" + Self.uuid, in: .sample).name == .id(id))
        #expect(try KeyIdentifier(Self.mrk, in: .sample).name == .id(#require(KeyID(Self.mrk))))
        #expect(try KeyIdentifier("alias/pay/roll", in: .sample).name == .alias("alias/pay/roll"))
        #expect(try KeyIdentifier(arn + "alias/pay/roll", in: .sample).name == .alias("alias/pay/roll"))
    }

    @Test func `the ARN of a key or an alias names it again`() throws {
        let id = KeyID.random()
        #expect(try KeyIdentifier(Scope.sample.keyARN(id), in: .sample).name == .id(id))
        #expect(try KeyIdentifier(Scope.sample.aliasARN("alias/a"), in: .sample).name == .alias("alias/a"))
    }

    @Test(arguments: [
        "fake-key-id", "134f2428cec14b25a1ae9048164dba47", "mrk-fake-key-id", "", "Alias/a", "key/" + uuid,
    ])
    func `what is no name at all is not found`(name: String) async {
        await expect(.notFound, "Invalid keyId '\(name)'") { _ = try KeyIdentifier(name, in: .sample) }
    }

    @Test func `an ARN of another Region is not found, and the message names that Region`() async {
        await expect(.notFound, "Invalid arn us-east-1") {
            _ = try KeyIdentifier("arn:aws:kms:us-east-1:111122223333:key/" + Self.uuid, in: .sample)
        }
        await expect(.notFound, "Invalid arn us-east-1") {
            _ = try KeyIdentifier("arn:aws:kms:us-east-1:111122223333:alias/a", in: .sample)
        }
    }

    @Test(arguments: ["key/" + uuid, "alias/a"])
    func `an ARN of another account names a key of that account`(resource: String) throws {
        let identifier = try KeyIdentifier("arn:aws:kms:eu-central-1:999999999999:" + resource, in: .sample)
        #expect(identifier.account == AccountID("999999999999"))
    }

    @Test(arguments: [
        "arn:", "arn:aws:kms", "arn:aws:kms:eu-central-1:111122223333", "arn:aws:kms:eu-central-1:111122223333:",
        "arn:aws:s3:eu-central-1:111122223333:key/" + uuid, "arn:other:kms:eu-central-1:111122223333:key/" + uuid,
        "arn:aws:kms:eu-central-1:1111:key/" + uuid, "arn:aws:kms:eu-central-1:111122223333:key/fake",
        "arn:aws:kms:eu-central-1:111122223333:grant/" + uuid, "arn:aws:kms:eu-central-1:111122223333:" + uuid,
        "arn:aws:kms:eu-central-1:111122223333:key/" + uuid + "/more",
    ])
    func `an ARN that names no key is invalid`(arn: String) async {
        await expect(.invalidARN, "Invalid arn \(arn)") { _ = try KeyIdentifier(arn, in: .sample) }
    }

    // MARK: Objects in the token

    @Test func `an object's id is 16 bytes, and is read back from them`() throws {
        let id = ObjectID.random()
        #expect(id.bytes.count == 16)
        #expect(try #require(ObjectID(bytes: id.bytes)) == id)
        #expect(ObjectID(bytes: Array(id.bytes.dropLast())) == nil)
        #expect(ObjectID(bytes: id.bytes + [0]) == nil)
        #expect(Set((0..<1000).map { _ in ObjectID.random() }).count == 1000)
    }
}
