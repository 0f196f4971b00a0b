import Glibc
import KMSTesting
import SecureMemory
import Testing

@testable import PKCS11

extension `PKCS#11 over SoftHSM` {
    @Suite struct `A token URI` {
        let fixture: Fixture

        init() throws {
            fixture = try Fixture.get()
        }

        private func expectRefusal(_ uri: String, saying text: String) {
            let error = #expect(throws: TokenURIError.self) { _ = try TokenURI(uri).select(in: fixture.module) }
            #expect(error?.description.contains(text) == true, "\(uri): \(error?.description ?? "no error")")
        }

        @Test func `names a token by its label`() throws {
            let slot = try TokenURI("pkcs11:token=main").select(in: fixture.module)
            #expect(try slot.tokenInfo().label == "main")
        }

        @Test func `names one of two twins by its serial number`() throws {
            let serials = try fixture.slots(labelled: Fixture.twins).map { try $0.tokenInfo().serial }
            try #require(serials.count == 2)
            #expect(serials[0] != serials[1])
            for serial in serials {
                let slot = try TokenURI("pkcs11:token=twin;serial=\(serial)").select(in: fixture.module)
                #expect(try slot.tokenInfo().serial == serial)
                let short = try TokenURI("pkcs11:serial=\(serial)").select(in: fixture.module)
                #expect(short.id == slot.id)
            }
        }

        @Test func `that fits two tokens is refused: the wrong one has the wrong keys`() {
            expectRefusal("pkcs11:token=twin", saying: "2 tokens match")
            expectRefusal("pkcs11:model=SoftHSM%20v2", saying: "add serial=")
        }

        @Test func `that fits no token is refused`() {
            expectRefusal("pkcs11:token=nobody", saying: "no token of the module matches")
            expectRefusal("pkcs11:token=Main", saying: "no token")
            expectRefusal("pkcs11:token=main;serial=0000", saying: "no token")
        }

        @Test func `with a PIN is refused: it would stand in a configuration file`() {
            for uri in ["pkcs11:token=main?pin-value=1234", "pkcs11:token=main?pin-source=file:/etc/pin"] {
                expectRefusal(uri, saying: "carries a PIN")
                let error = #expect(throws: TokenURIError.self) { _ = try TokenURI(uri) }
                #expect(error?.description.contains("1234") == false, "an error does not repeat a PIN")
            }
        }

        @Test func `that is none is refused`() {
            for text in ["", "main", "http://example.com", "pkcs11", "pkcs11:token=%zz", "pkcs11:token"] {
                expectRefusal(text, saying: "is not a PKCS#11 URI")
            }
        }

        @Test func `that names nothing of a token is refused`() {
            for text in ["pkcs11:", "pkcs11:object=key", "pkcs11:object=token=", "pkcs11:object=a?module-name=token="] {
                expectRefusal(text, saying: "names no token")
            }
        }

        @Test func `with an attribute that nobody knows is refused, lest a spelling mistake widen it`() {
            expectRefusal("pkcs11:token=main;serail=1", saying: "RFC 7512 does not know")
        }

        @Test func `is percent-decoded`() throws {
            #expect(try TokenURI("pkcs11:token=m%61in").select(in: fixture.module).tokenInfo().label == "main")
        }
    }

    @Suite struct `A slot` {
        let fixture: Fixture

        init() throws {
            fixture = try Fixture.get()
        }

        @Test func `tells of its token`() throws {
            let info = try fixture.slot.tokenInfo()
            #expect(info.label == "main", "without the spaces that pad it")
            #expect(info.model == "SoftHSM v2")
            #expect(info.manufacturer == "SoftHSM project")
            #expect(info.serial.count == 16)
            #expect(info.isInitialized && info.isUserPINInitialized && info.isLoginRequired)
            #expect(!info.isUserPINLocked && !info.isUserPINFinalTry)
            #expect(info.maximumSessions == nil, "SoftHSM has no limit, and says so with a number that is none")
        }

        @Test func `that is free is shown beside the tokens`() throws {
            let slots = try fixture.module.slotsWithToken()
            #expect(slots.count == 5)
            #expect(try slots.count { try $0.tokenInfo().isInitialized } == 4)
        }

        @Test func `lists its mechanisms and tells of each`() throws {
            let mechanisms = try fixture.slot.mechanisms()
            let needed: Set<MechanismType> = [
                .aesKeyGeneration, .aesGCM, .sha256HMAC, .rsaPKCS1, .rsaPSS, .ecdsa, .ecdh1Derive, .aesKeyWrap,
            ]
            #expect(mechanisms.isSuperset(of: needed))
            for mechanism in mechanisms { _ = try fixture.slot.mechanismInfo(mechanism) }
            let info = try fixture.slot.mechanismInfo(.aesGCM)
            #expect(info.minimumKeySize == 16 && info.maximumKeySize == 32)
            #expect(info.flags & 0x300 == 0x300, "CKF_ENCRYPT and CKF_DECRYPT")
            expect(.mechanismInvalid, from: "C_GetMechanismInfo") {
                _ = try fixture.slot.mechanismInfo(MechanismType(rawValue: 0x8000_0001))
            }
        }

        @Test func `that is not there is an error`() throws {
            let slot = Slot(module: fixture.module, id: 123_456)
            expect(.slotIDInvalid, from: "C_GetTokenInfo") { _ = try slot.tokenInfo() }
            expect(.slotIDInvalid, from: "C_OpenSession") { _ = try Session(on: slot) }
        }

        @Test func `takes no label of more than 32 bytes`() throws {
            let free = try #require(try fixture.module.slotsWithToken().first { try !$0.tokenInfo().isInitialized })
            expect(.argumentsBad, from: "C_InitToken") {
                try free.initializeToken(
                    label: String(repeating: "x", count: 33), securityOfficerPIN: SecretBytes(copying: [1])
                )
            }
            #expect(try free.tokenInfo().isInitialized == false)
        }
    }

    @Test func `a module names itself, and is initialised once a process`() throws {
        let fixture = try Fixture.get()
        #expect(fixture.module.description.hasPrefix("SoftHSM, Implementation of PKCS11 2.6"))
        expect(.cryptokiAlreadyInitialized, from: "C_Initialize") {
            _ = try Module(path: SoftHSMToken.modulePath)
        }
    }

    @Test func `the string for C_Initialize reaches the module, which here wants none`() async {
        // In a process of its own, whose module is not initialised yet.
        await #expect(processExitsWith: .success) {
            unsafe setenv("SOFTHSM2_CONF", "/nowhere", 1)
            expect(.argumentsBad, from: "C_Initialize") {
                _ = try Module(path: SoftHSMToken.modulePath, initArguments: "configdir='/nowhere'")
            }
        }
    }
}
