import PKCS11
import Testing

@Suite struct `A PKCS#11 URI's object` {
    @Test func `is a template of what the URI names`() throws {
        let uri = try TokenURI("pkcs11:token=old;object=pay%20roll;id=%01%ff;type=secret-key")
        let template = try Set(uri.objectTemplate())
        #expect(
            template == [
                Attribute(.label, "pay roll"), Attribute(.id, [1, 0xff] as [UInt8]),
                Attribute(.objectClass, ObjectClass.secretKey.rawValue),
            ])
        #expect(
            try TokenURI("pkcs11:token=old;type=private").objectTemplate()
                == [Attribute(.objectClass, ObjectClass.privateKey.rawValue)])
    }

    @Test func `is empty where the URI names none`() throws {
        #expect(try TokenURI("pkcs11:token=old;serial=1").objectTemplate().isEmpty)
    }
}
