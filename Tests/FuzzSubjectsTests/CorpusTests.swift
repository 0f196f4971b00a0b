import Foundation
import FuzzSubjects
import KMSTesting
import Testing

/// What fuzzing has found so far is looked at again with every run of the tests, without the fuzzer.
@Suite struct `The fuzz targets' corpora` {
    static let subjects: [(name: String, feed: @Sendable ([UInt8]) -> Void)] = [
        ("fuzz-policy", fuzzPolicy), ("fuzz-token", fuzzToken), ("fuzz-frame", fuzzFrame), ("fuzz-audit", fuzzAudit),
        ("fuzz-profile", fuzzProfile), ("fuzz-xks", fuzzXKS),
    ]

    @Test(arguments: subjects.indices) func `are taken without a trap`(index: Int) throws {
        let subject = Self.subjects[index]
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fuzz/corpus/\(subject.name)").standardizedFileURL
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count > 10, "\(folder.path) holds what scripts/fuzz.sh --save has kept")
        for file in files { subject.feed(Array(try Data(contentsOf: file))) }
    }
}
