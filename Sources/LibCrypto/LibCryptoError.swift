/// Why bytes are not a key, or an operation of this library could not be done. The text never holds what was given.
package struct LibCryptoError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
