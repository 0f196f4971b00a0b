internal import CLibCrypto
internal import SecureMemory

/// Runs what writes at most `room` bytes and says how many; nil when it says that it failed.
func output(
    room: Int = libcrypto_room,
    _ write: (_ output: UnsafeMutableRawPointer?, _ size: inout Int) -> Bool
) -> [UInt8]? {
    var size = 0
    var isDone = false
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        isDone = unsafe write(UnsafeMutableRawPointer(buffer.baseAddress), &size)
        count = isDone ? size : 0
    }
    return isDone ? bytes : nil
}

/// The same for a secret: the room is locked memory too, and is wiped.
func secretOutput(
    room: Int = libcrypto_room,
    _ write: (_ output: UnsafeMutableRawPointer?, _ size: inout Int) -> Bool
) -> SecretBytes? {
    var size = 0
    var isDone = false
    let bytes = SecretBytes(count: room) { (span: inout MutableRawSpan) in
        unsafe span.withUnsafeMutableBytes { buffer in
            isDone = unsafe write(buffer.baseAddress, &size)
        }
    }
    guard isDone else { return nil }
    if size == room { return bytes }
    return bytes.withExposedBytes { SecretBytes(copying: $0.extracting(0..<size)) }
}
