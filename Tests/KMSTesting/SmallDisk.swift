internal import Foundation
internal import Glibc

/// A file system of its own, in memory, that is soon full.
package final class SmallDisk: Sendable {
    package let path: String

    /// Nil where this process may not mount one.
    package init?(kilobytes: Int) {
        path = FileManager.default.temporaryDirectory.path + "/strongroom-disk-\(UUID())"
        guard (try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)) != nil
        else { return nil }
        guard unsafe mount("tmpfs", path, "tmpfs", 0, "size=\(kilobytes)k") == 0 else {
            unsafe rmdir(path)
            return nil
        }
    }

    deinit {
        unsafe umount2(path, Int32(MNT_DETACH))
        unsafe rmdir(path)
    }

    package static let isPossible = SmallDisk(kilobytes: 4) != nil

    package func fill() {
        let file = unsafe fopen(path + "/ballast", "w")
        let block = [UInt8](repeating: 0, count: 4096)
        while unsafe fwrite(block, 1, block.count, file) == block.count, unsafe fflush(file) == 0 {}
        unsafe fclose(file)
    }

    package func empty() throws {
        try FileManager.default.removeItem(atPath: path + "/ballast")
    }
}
