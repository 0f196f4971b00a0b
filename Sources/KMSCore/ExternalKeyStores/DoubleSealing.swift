/// What the server's own token sealed and an XKS proxy sealed once more: the content of a ciphertext of version 3.
///
/// The last bytes of the inner sealing do not go to the proxy. They are authenticated with what does, and so bind the two to
/// each other: a proxy that takes one request for another, by mistake or by design, makes nothing that opens.
public struct DoubleSealing: Hashable, Sendable {
    static let bindingSize = 16

    /// The last 16 bytes of the inner sealing, which are of its tag.
    public let binding: [UInt8]
    /// What the proxy made of all that stands before them.
    public let outer: ExternalSealing

    /// Nil unless `binding` has 16 bytes.
    public init?(binding: [UInt8], outer: ExternalSealing) {
        guard binding.count == Self.bindingSize else { return nil }
        self.binding = binding
        self.outer = outer
    }

    /// Nil for what ``bytes`` never gives.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard let outer = ExternalSealing(bytes.dropFirst(Self.bindingSize)) else { return nil }
        self.init(binding: Array(bytes.prefix(Self.bindingSize)), outer: outer)
    }

    public var bytes: [UInt8] { binding + outer.bytes }

    /// How many bytes the inner sealing has.
    var innerSize: Int { outer.ciphertext.count + Self.bindingSize }
}
