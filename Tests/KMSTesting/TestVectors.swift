internal import Foundation
internal import KMSCore

/// The published vectors that `scripts/fetch-test-vectors.sh` puts into `.build-vectors`.
package enum TestVectors {
    /// The fields of one vector, or of a group of them, by the names that its file gives them.
    package struct Fields: Sendable, Hashable {
        let texts: [String: String]

        package func text(_ name: String) throws -> String {
            guard let text = texts[name] else { throw Self.damaged("there is no \(name)") }
            return text
        }

        /// What the field spells in hexadecimal, of either case.
        package func bytes(_ name: String) throws -> [UInt8] {
            try TestVectors.bytes(try text(name))
        }

        /// A number in hexadecimal, big-endian, brought to `size` bytes: files leave out its leading zeros, or have more.
        package func integer(_ name: String, size: Int) throws -> [UInt8] {
            let digits = try text(name)
            let bytes = try TestVectors.bytes(digits.count.isMultiple(of: 2) ? digits : "0" + digits)
            let significant = bytes.drop { $0 == 0 }
            guard significant.count <= size else { throw Self.damaged("\(name) has more than \(size) bytes") }
            return [UInt8](repeating: 0, count: size - significant.count) + significant
        }

        package func number(_ name: String) throws -> Int {
            guard let number = Int(try text(name)) else { throw Self.damaged("\(name) is not a number") }
            return number
        }

        private static func damaged(_ fault: String) -> MissingPrerequisite {
            MissingPrerequisite("\(fault) in a test vector", hint: "delete .build-vectors and fetch it anew")
        }
    }

    /// A file's bytes, by its name in the folder.
    package static func file(_ name: String) throws -> [UInt8] {
        [UInt8](try data(name))
    }

    package static func bytes(_ text: String) throws -> [UInt8] {
        guard let bytes = Hexadecimal.decode(text.lowercased().utf8) else {
            throw MissingPrerequisite("\(text) is not hexadecimal", hint: "delete .build-vectors and fetch it anew")
        }
        return bytes
    }

    static func data(_ name: String) throws -> Data {
        let file = folder + "/" + name
        guard let data = try? Data(contentsOf: URL(filePath: file)) else {
            throw MissingPrerequisite("the test vectors \(file) are not there", hint: "scripts/fetch-test-vectors.sh")
        }
        return data
    }

    private static var folder: String {
        var path = URL(filePath: #filePath)
        for _ in 0..<3 { path.deleteLastPathComponent() }
        return path.appending(path: ".build-vectors").path
    }
}

/// Vectors as NIST's validation programs (CAVP) and others write them: `name = value` lines, records apart by an empty
/// line, `[…]` before the records that it is true for.
package enum NISTVectors {
    package struct Vector: Sendable, Hashable {
        /// The last `[…]` line before it, without the brackets; empty when there is none.
        package let section: String
        package let fields: TestVectors.Fields
        /// Whether the record has a line FAIL: what it gives must be refused.
        package let mustFail: Bool
    }

    /// All records with at least one field.
    package static func vectors(_ file: String) throws -> [Vector] {
        let text = String(decoding: try TestVectors.file(file), as: UTF8.self)
        var vectors: [Vector] = []
        var section = ""
        var texts: [String: String] = [:]
        var mustFail = false
        func finish() {
            if !texts.isEmpty {
                vectors.append(Vector(section: section, fields: TestVectors.Fields(texts: texts), mustFail: mustFail))
            }
            texts = [:]
            mustFail = false
        }
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.isEmpty {
                finish()
            } else if line.hasPrefix("[") {
                finish()
                section = String(line.drop(while: { $0 == "[" }).prefix(while: { $0 != "]" }))
            } else if line == "FAIL" {
                mustFail = true
            } else if !line.hasPrefix("#"), let sign = line.firstIndex(of: "=") {
                let name = line[..<sign].trimmingCharacters(in: .whitespaces)
                texts[name] = line[line.index(after: sign)...].trimmingCharacters(in: .whitespaces)
            }
        }
        finish()
        return vectors
    }
}
