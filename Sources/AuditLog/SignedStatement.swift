import FoundationEssentials
import KMSCore
import LibCrypto

/// What the signing key stands for: one line `{"statement":{…},"signature":"<hexadecimal>"}`. Signed are the bytes of
/// the statement as they stand there.
enum SignedStatement {
    private static let head = Array(#"{"statement":"#.utf8)
    private static let middle = Array(#","signature":""#.utf8)
    private static let tail = Array(#""}"#.utf8)

    /// The bytes to sign.
    static func text(_ statement: some Signable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(statement))
        } catch {
            fatalError("a statement of numbers and texts cannot be encoded: \(error)")
        }
    }

    /// The line, without its end.
    static func line(_ text: [UInt8], signature: [UInt8]) -> [UInt8] {
        head + text + middle + Array(Hexadecimal.encode(signature).utf8) + tail
    }

    /// The statement in `line`. Nil where the line has another form, or no signature by `key`.
    static func read<Statement: Signable>(
        _ type: Statement.Type, from line: [UInt8], signedBy key: PublicKey
    ) -> Statement? {
        // A signature in DER has at most 72 bytes, and an RSA signature as many as the modulus.
        guard line.count <= 4096, line.starts(with: head), line.suffix(2).elementsEqual(tail),
            let quote = line.dropLast(2).lastIndex(of: UInt8(ascii: "\"")),
            line[...quote].suffix(middle.count).elementsEqual(middle), quote >= head.count + middle.count,
            let signature = Hexadecimal.decode(line[(quote + 1)..<(line.count - 2)]), signature.count <= 512
        else { return nil }
        let text = Array(line[head.count..<(quote + 1 - middle.count)])
        let scheme = key.rsaModulus == nil ? SignatureScheme.ecdsa(.sha256) : .rsaPKCS1(.sha256)
        guard key.isValidSignature(signature, of: Digest.sha256.hash(text), scheme) else { return nil }
        guard let statement = try? JSONDecoder().decode(type, from: Data(text)), statement.type == type.name
        else { return nil }
        return statement
    }
}

/// A statement says what it is, so that none can stand for one of another kind.
protocol Signable: Codable {
    static var name: String { get }
    var type: String { get }
}
