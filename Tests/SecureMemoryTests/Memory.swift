import FoundationEssentials
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
    static var tellsFlags: Bool {
        (try? Data(contentsOf: URL(filePath: "/proc/self/smaps"))).map {
            String(decoding: $0, as: UTF8.self).contains("VmFlags:")
        } ?? false
    }

    /// What /proc/self/smaps says of the mapping that holds `address`, line by line.
    static func mapping(of address: UInt) throws -> [Substring] {
        let text = String(decoding: try Data(contentsOf: URL(filePath: "/proc/self/smaps")), as: UTF8.self)
        var found: [Substring] = []
        for line in text.split(separator: "\n") {
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
