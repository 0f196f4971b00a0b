import Testing

@testable import KMSPolicy

struct LintCatalogTests {
    @Test func `every action of AWS KMS is there once`() {
        let names = KMSActionCatalog.all.map(\.name)
        #expect(names.count == 58)
        #expect(Set(names).count == names.count)
    }

    @Test func `actions are found by name in any case and by pattern`() {
        #expect(KMSActionCatalog.action(named: "KMS:decrypt")?.name == "Decrypt")
        #expect(KMSActionCatalog.action(named: "kms:Decript") == nil)
        #expect(
            KMSActionCatalog.actions(matching: "kms:ReEncrypt*").map(\.name).sorted() == [
                "ReEncryptFrom", "ReEncryptTo",
            ])
        #expect(KMSActionCatalog.actions(matching: "kms:?ign").map(\.name) == ["Sign"])
        #expect(KMSActionCatalog.actions(matching: "*").count == KMSActionCatalog.all.count)
        #expect(KMSActionCatalog.actions(matching: "s3:*").isEmpty)
        #expect(KMSActionCatalog.actions(matching: "kms:Decrypt ").isEmpty)
    }

    @Test(arguments: [
        ("Decrypt", "kms:EncryptionContext:App", true), ("Decrypt", "kms:RequestAlias", true),
        ("Decrypt", "kms:ResourceAliases", true), ("Decrypt", "aws:SourceIp", true),
        ("Decrypt", "kms:RecipientAttestation:PCR0", true), ("Encrypt", "kms:RecipientAttestation:PCR0", false),
        ("Sign", "kms:EncryptionContext:App", false), ("ListKeys", "kms:KeySpec", false),
        ("TagResource", "aws:RequestTag/team", true), ("Decrypt", "aws:RequestTag/team", false),
        ("Decrypt", "aws:ResourceTag/team", true), ("Decrypt", "aws:Nonsense", false),
        ("CreateGrant", "kms:GrantOperations", true), ("ScheduleKeyDeletion", "kms:TrailingDaysWithoutKeyUsage", true),
    ])
    func `actions have the condition keys that the reference names`(action: String, key: String, has: Bool) throws {
        let entry = try #require(KMSActionCatalog.action(named: "kms:" + action))
        #expect(entry.hasConditionKey(ConditionKey(key)) == has)
    }

    @Test func `every condition key with a name has a type`() {
        for name in ConditionKey.Name.allCases {
            #expect(ConditionKeyCatalog.definition(of: .named(name)) != nil)
        }
        #expect(ConditionKeyCatalog.definition(of: ConditionKey("kms:ValidTo"))?.type == .date)
        #expect(ConditionKeyCatalog.definition(of: ConditionKey("aws:TagKeys"))?.isSet == true)
        #expect(ConditionKeyCatalog.definition(of: ConditionKey("aws:principalorgpaths"))?.isSet == true)
        #expect(ConditionKeyCatalog.definition(of: ConditionKey("s3:prefix")) == nil)
    }

    @Test func `every check says what it is`() {
        for check in LintCheck.allCases {
            #expect(!check.rule.title.isEmpty && !check.rule.source.isEmpty && !check.rule.explanation.isEmpty)
        }
        #expect(LintCheck.allCases.map(\.id) == (0...21).map { "L\($0)" })
    }
}
