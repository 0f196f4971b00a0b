internal import CLibCrypto

/// The memory that OpenSSL itself allocates, where the numbers of keys live.
package enum LibraryMemory {
    /// Whether every block is wiped when it is given back. OpenSSL takes the allocator that does so only before its
    /// first allocation, so it is false where another library was faster.
    package static var isWiped: Bool { libcrypto_wipes_memory() }
}
