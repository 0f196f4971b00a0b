import FoundationEssentials
import HSMWorkerProtocol
import KMSTesting
import Testing

@testable import StrongroomCommands

/// Whatever an editor or a disk made of a file: it is read, or refused with a text, and never a crash.
@Suite struct `A configuration that is damaged at random` {
    /// All that YAML can do to a reader, and words of our own in wrong places.
    private static let words = [
        ":", "- ", "[", "]", "{", "}", "&a ", "*a", "<<: *a\n", "!!binary ", "!!int ", "|", ">-", "'", "\"", "#", "\t",
        "\0",
        "~", "null", "-1", "1e999", "99999999999999999999", "0x", ".nan", "\n---\n", "\n...\n", "? ", "%YAML 9.9\n",
        "\u{feff}",
        "hsm:", "account:", "members:", "pin:", "quotas:", "metrics:", "returnValues:", "lanes: 1000000",
    ]

    private static func damaged(_ text: String, _ generator: inout SplitMix64) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let place = Int.random(in: 0...bytes.count, using: &generator)
            let end = min(bytes.count, place + Int.random(in: 0...20, using: &generator))
            switch generator.next() % 5 {
            case 0: bytes.replaceSubrange(place..<end, with: [])
            case 1: bytes.insert(contentsOf: (words.randomElement(using: &generator) ?? "").utf8, at: place)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 3: bytes.insert(contentsOf: Array(repeating: UInt8(ascii: "["), count: 200), at: place)
            default: if place < bytes.count { bytes[place] ^= 1 << UInt8(generator.next() % 8) }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: 0..<4) func `is read or refused with a text: strongroom.yaml`(part: Int) throws {
        let folder = try TemporaryFolder()
        var generator = SplitMix64(seed: UInt64(part) + 500)
        let whole = """
            account: "011122223333"
            regions: [us-east-1, eu-central-1]
            listen: '127.0.0.1:8470'
            tls: {certificate: 'a.pem', key: 'b.pem'}
            hsm:
              module: '/usr/lib/pkcs11.so'
              token: 'pkcs11:token=a'
              pin: {file: 'pin'}
              members: [{module: '/usr/lib/pkcs11.so', token: 'pkcs11:token=b', pin: {command: ['/bin/pin']}}]
              quorum: 1
            audit: {folder: audit, rotation: hourly, maximumFileMebibytes: 4, onFailure: continue}
            quotas: {all: unlimited, DescribeKey: 5}
            metrics: {listen: '127.0.0.1:9470'}
            """
        for _ in 0..<500 {
            let text = Self.damaged(whole, &generator)
            try folder.write(text, to: "strongroom.yaml")
            do throws(CommandFailure) {
                _ = try ServerConfiguration.load(folder.state)
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
    }

    @Test(arguments: 0..<2) func `is read or refused with a text: a profile`(part: Int) throws {
        let folder = try TemporaryFolder()
        var generator = SplitMix64(seed: UInt64(part) + 900)
        let path = projectFolder.appending(path: "hsm-config/softhsm2.yaml")
        let whole = String(decoding: try Data(contentsOf: path), as: UTF8.self)
            .split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
        for _ in 0..<500 {
            let file = try folder.write(Self.damaged(whole, &generator), to: "profile.yaml")
            do throws(CommandFailure) {
                _ = try ProfileFile.load(file)
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
    }
}
