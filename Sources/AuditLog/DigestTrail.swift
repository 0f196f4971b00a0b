import LibCrypto

/// The digests of a log, in their order.
struct DigestTrail {
    private(set) var digests: [LogDigest] = []
    /// The hash of each digest's line.
    private(set) var hashes: [LogHash] = []
    /// The first line that is not as it must be: from 1, and where it begins.
    private(set) var fault: (line: Int, offset: Int, text: String)?
    /// What stands behind the last line's end.
    private(set) var remainder = 0
    private(set) var size = 0

    static let maximumSize = 4096

    /// Reads to the first line that is at fault. To find none is no error: a new log has none.
    init(_ folder: LogFolder, signedBy key: PublicKey) throws(LogFailure) {
        guard folder.size(of: LogFolder.digests) > 0 else { return }
        var reader = try LineReader(folder.file(LogFolder.digests))
        var trail = self
        try reader.forEachLine { line in
            if let text = trail.follow(line, key) {
                trail.fault = (trail.digests.count + 1, trail.size, text)
                return false
            }
            trail.size += line.count + 1
            return true
        }
        if trail.fault == nil { trail.remainder = reader.remainder }
        self = trail
    }

    /// The last record that a digest is of.
    var last: UInt64 { digests.last?.last ?? 0 }

    var lastHash: LogHash { hashes.last ?? .zero }

    var anchors: [ChainWalk.Anchor] {
        digests.compactMap { digest in
            LogHash(digest.hash).map { ChainWalk.Anchor(sequence: digest.last, hash: $0) }
        }
    }

    /// Whether the digests that a head names are there.
    func holds(_ head: LogHead) -> Bool {
        guard head.digests > 0 else { return head.digests == 0 }
        return head.digests <= hashes.count && hashes[head.digests - 1].description == head.digestHash
    }

    private mutating func follow(_ line: Span<UInt8>, _ key: PublicKey) -> String? {
        let number = digests.count + 1
        guard line.count <= Self.maximumSize else { return "it is no digest" }
        let bytes = line.indices.map { line[$0] }
        guard let digest = SignedStatement.read(LogDigest.self, from: bytes, signedBy: key) else {
            return "it is no digest, or its signature is not by the log's key"
        }
        guard digest.number == number else {
            return digest.number > number
                ? "digest \(number) is missing: here stands number \(digest.number)"
                : "digest \(digest.number) stands here again, in the place of number \(number)"
        }
        guard digest.previous == lastHash.description, digest.first == last + 1, digest.last >= digest.first else {
            return "it does not continue the digest before it"
        }
        digests.append(digest)
        hashes.append(LogHash(of: line))
        return nil
    }
}
