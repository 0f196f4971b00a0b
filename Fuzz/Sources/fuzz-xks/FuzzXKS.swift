import FuzzSubjects

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe fuzzXKS(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}
