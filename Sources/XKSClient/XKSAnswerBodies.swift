/// Reads whatever a proxy may answer, for the fuzzer.
package enum XKSAnswerBodies {
    /// Reads a body as every operation's answer, and as an error's. Never traps, whatever the bytes.
    package static func read(_ body: [UInt8]) {
        for status in [200, 400] {
            let answer = XKSTransport.Answer(status: status, body: body)
            _ = try? XKSAnswers.read(XKSAnswers.Health.self, from: answer).check()
            _ = try? XKSAnswers.read(XKSAnswers.Metadata.self, from: answer).checked()
            _ = try? XKSAnswers.read(XKSAnswers.Decrypted.self, from: answer).checked(size: 5)
            _ = try? XKSAnswers.read(XKSAnswers.Encrypted.self, from: answer).checked(size: 5) { $0.integrityValue([]) }
        }
    }
}
