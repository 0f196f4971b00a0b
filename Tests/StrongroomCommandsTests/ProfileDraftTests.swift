import FoundationEssentials
import HSMWorkerProtocol
import Testing

@testable import StrongroomCommands

@Suite struct `A first profile` {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func finding(_ check: String, _ settings: [String: String]) -> ConformanceFinding {
        ConformanceFinding(check, .speed, "It is so", .quirk, "seen in\ntwo lines", settings: settings)
    }

    private func draft(
        _ findings: [ConformanceFinding] = [], base: HSMProfile = HSMProfile()
    ) throws -> (text: String, profile: HSMProfile) {
        let text = ProfileDraft(`A conformance report`.report(findings), base: base, module: "/opt/hsm/lib p11.so")
            .yaml(name: "my-hsm")
        return (text, try ProfileFile.load(folder.write(text, to: "my-hsm.yaml")))
    }

    @Test func `can be loaded, and has every field`() throws {
        let (text, profile) = try draft()
        var expected = HSMProfile()
        expected.name = "my-hsm"
        expected.description = "Model 7, Maker"
        expected.module = ["/opt/hsm/lib p11.so"]
        #expect(profile == expected)
        for field in HSMProfile.fieldNames { #expect(text.contains("\n\(field):"), "\(field)") }
        #expect(text.hasPrefix("# Model 7, Maker: written by `strongroom conformance` on 2026-11-21.\n"))
    }

    @Test func `keeps what its base says where no check says other`() throws {
        for name in `An HSM profile`.shipped {
            let base = try ProfileFile.load(projectFolder.appending(path: "hsm-config/\(name)").path)
            var expected = base
            expected.name = "my-hsm"
            expected.description = "Model 7, Maker"
            expected.module = ["/opt/hsm/lib p11.so"]
            #expect(try draft(base: base).profile == expected, "\(name)")
        }
    }

    @Test func `has what was found, and says which check found it`() throws {
        let (text, profile) = try draft([
            finding("aesGCM.who-makes-the-iv", ["gcmIV": "writtenBack", "zeroIV": "true"]),
            finding("speed.threads", ["lanes": "16", "sessionCopies": "true"]),
            finding("sessions.cap", ["sessionLimit": "200"]),
            finding("rsa.oaep", ["oaepHashes": "[SHA_1]"]),
        ])
        #expect(profile.gcmIV == .writtenBack && profile.zeroIV && profile.lanes == 16 && profile.sessionCopies)
        #expect(profile.sessionLimit == 200)
        #expect(profile.oaepHashes == [.sha1], "what was found replaces what was there")
        #expect(
            text.contains("# aesGCM.who-makes-the-iv: writtenBack, because: seen in two lines\ngcmIV: writtenBack\n"))
        #expect(text.contains("# speed.threads: 16, because: seen in two lines\nlanes: 16\n"))
    }

    @Test func `gathers what several checks know a part of`() throws {
        let (_, profile) = try draft([
            finding(
                "aesGCM.tampered-tag", ["decryptFailureCodes": "[0x5]", "returnValues": "{CKR_GENERAL_ERROR: data}"]),
            finding("aesGCM.short", ["decryptFailureCodes": "[0x5, 0x21, 0x80000001]", "omitAttributes": "[derive]"]),
            finding("ec.create", ["omitAttributes": "[copyable]", "returnValues": "{'0x80000007': session}"]),
        ])
        #expect(profile.decryptFailureCodes == [0x20, 0x21, 0x40, 0x41, 0x5, 0x8000_0001])
        #expect(profile.omitAttributes == ["derive", "copyable"])
        #expect(profile.returnValues == ["CKR_GENERAL_ERROR": .data, "0x80000007": .session])
    }

    @Test func `follows the last check where two do not agree, and names both`() throws {
        let (text, profile) = try draft([finding("a.b", ["workers": "4"]), finding("c.d", ["workers": "2"])])
        #expect(profile.workers == 2)
        #expect(text.contains("# a.b: 4, because"))
        #expect(text.contains("# c.d: 2, because"))
    }

    @Test func `can be loaded whatever the token is called`() throws {
        var report = `A conformance report`.report([])
        report.token.model = "it's: #1\n- \"x\"\u{1B}"
        let text = ProfileDraft(report, base: HSMProfile(), module: "/m.so").yaml(name: "x")
        let profile = try ProfileFile.load(folder.write(text, to: "x.yaml"))
        #expect(profile.description == "it's: #1 - \"x\" , Maker")
    }

    @Test func `can be loaded when a check's setting is no YAML`() throws {
        #expect(try draft([finding("a.b", ["lanes": "[1"])]).profile.lanes == HSMProfile().lanes)
    }
}
