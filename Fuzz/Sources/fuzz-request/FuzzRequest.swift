import KMSWire

/// The first byte names the operation, counted from "A" on in the order of `OperationName`; the rest is the body.
/// Whatever it is: no trap, no endless loop, bounded memory.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzRequest(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    guard let first = bytes.first else { return 0 }
    let operation = operations[Int(first &- UInt8(ascii: "A")) % operations.count]
    _ = RequestDecoder.accepts(target: operation, body: Array(bytes.dropFirst()))
    return 0
}

private let operations = OperationName.allCases.map { "TrentService." + $0.rawValue }
