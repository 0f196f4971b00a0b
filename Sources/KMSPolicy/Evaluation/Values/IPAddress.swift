/// An IPv4 or IPv6 address.
struct IPAddress: Hashable, Sendable {
    /// IPv4's as IPv6 maps them (RFC 4291, 2.5.5.2), so that one that a dual-stack socket tells as `::ffff:10.0.0.1` is
    /// the IPv4 address that it is.
    let bits: UInt128

    var isV4: Bool { bits >> 32 == 0xFFFF }

    init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        if let v4 = Self.v4(bytes[...]) {
            bits = 0xFFFF << 32 | UInt128(v4)
        } else if let v6 = Self.v6(bytes) {
            bits = v6
        } else {
            return nil
        }
    }

    private static func v4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        var bits: UInt32 = 0
        var octet: UInt32?
        var dots = 0
        for byte in bytes {
            if byte == UInt8(ascii: "."), let ended = octet {
                bits = bits << 8 | ended
                octet = nil
                dots += 1
            } else {
                // A leading zero is octal for some and decimal for others.
                guard byte.isASCIIDigit, octet != 0 else { return nil }
                octet = (octet ?? 0) * 10 + UInt32(byte - UInt8(ascii: "0"))
            }
            guard octet ?? 0 <= 255, dots <= 3 else { return nil }
        }
        guard let octet, dots == 3 else { return nil }
        return bits << 8 | octet
    }

    private static func v6(_ bytes: [UInt8]) -> UInt128? {
        let colon = UInt8(ascii: ":")
        guard let gap = bytes.indices.dropLast().first(where: { bytes[$0] == colon && bytes[$0 + 1] == colon }) else {
            guard let groups = groups(bytes[...]), groups.count == 8 else { return nil }
            return groups.bits
        }
        guard let head = groups(bytes[..<gap]), let tail = groups(bytes[(gap + 2)...]), head.count + tail.count < 8
        else { return nil }
        return head.bits << (16 * (8 - head.count)) | tail.bits
    }

    /// Groups of four hexadecimal digits, of which an IPv4 address may be the last two.
    private static func groups(_ bytes: ArraySlice<UInt8>) -> (bits: UInt128, count: Int)? {
        guard !bytes.isEmpty else { return (0, 0) }
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var bits: UInt128 = 0
        var count = 0
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, let v4 = v4(part) {
                bits = bits << 32 | UInt128(v4)
                count += 2
                continue
            }
            guard part.allSatisfy({ $0.isASCIIDigit || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66 }), 1...4 ~= part.count,
                let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
            else { return nil }
            bits = bits << 16 | UInt128(group)
            count += 1
        }
        return (bits, count)
    }
}

/// Addresses that begin with the same bits, as `10.0.0.0/8` writes them.
struct IPAddressRange: Hashable, Sendable {
    private let address: IPAddress
    /// Of 128, for IPv4 too.
    private let prefix: Int

    /// - Parameter text: An address alone is a range of its own. Nil for what is neither.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(parts[0]) else { return nil }
        // Written with dots and no colon, it counts the bits of 32.
        let offset = parts[0].contains(":") ? 0 : 96
        var prefix = 128
        if parts.count == 2 {
            guard 1...3 ~= parts[1].utf8.count, parts[1].utf8.allSatisfy(\.isASCIIDigit), let length = Int(parts[1]),
                length + offset <= 128
            else { return nil }
            prefix = length + offset
        }
        self.address = address
        self.prefix = prefix
    }

    /// `::/0` has no IPv4 address, though IPv6 can write them.
    func contains(_ other: IPAddress) -> Bool {
        address.isV4 == other.isV4 && (address.bits ^ other.bits) >> (128 - prefix) == 0
    }
}
