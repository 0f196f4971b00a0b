import Glibc
import SecureMemory

/// A look at this process's memory past the library: what is really there, not what it says.
enum Memory {
    /// What stands at `address`, or nil when nothing is mapped there.
    static func bytes(at address: UInt, count: Int) -> [UInt8]? {
        let descriptor = unsafe open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        let size = unsafe pread(descriptor, &bytes, count, off_t(address))
        return size == count ? bytes : nil
    }

    /// Whether the kernel tells how pages are treated: not every container's does.
    static var tellsFlags: Bool { smaps.contains("VmFlags:") }

    /// Read by hand: FoundationEssentials takes the first short read of such a file for its end.
    private static var smaps: String {
        let descriptor = unsafe open("/proc/self/smaps", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var text: [UInt8] = []
        var page = [UInt8](repeating: 0, count: 65_536)
        while true {
            let size = unsafe read(descriptor, &page, page.count)
            guard size > 0 else { return String(decoding: text, as: UTF8.self) }
            text += page.prefix(size)
        }
    }

    /// What /proc/self/smaps says of the mapping that holds `address`, line by line.
    static func mapping(of address: UInt) -> [Substring] {
        var found: [Substring] = []
        for line in smaps.split(separator: "\n") {
            let head = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
            if head.count == 2 {
                guard found.isEmpty else { return found }
                if (head[0]..<head[1]).contains(address) { found = [line] }
            } else if !found.isEmpty {
                found.append(line)
            }
        }
        return found
    }
}

extension SecretBytes {
    var address: UInt {
        withExposedBytes { span in unsafe span.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
    }

    var array: [UInt8] {
        withExposedBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }
}

extension SecureBuffer {
    var address: UInt {
        withExposedBytes { span in unsafe span.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
    }

    var array: [UInt8] {
        withExposedBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
    }
}
