import IAMQuery

/// The body of a request of the query protocol. Whatever it is: no trap, no endless loop, bounded memory; and what can
/// be read has one reading, so that it reads the same when it is written as an SDK writes it.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzQuery(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let body = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    let isTaken = QueryDecoder.accepts(body)
    guard let written = QueryDecoder.rewritten(body) else {
        precondition(!isTaken, "a request out of a body that cannot be read")
        return 0
    }
    precondition(QueryDecoder.rewritten(written) == written, "a second reading of the same parameters")
    // A Version in percent-encoding is read, but not believed before the signature is.
    precondition(!isTaken || QueryDecoder.accepts(written), "taken as it came, and not as an SDK writes it")
    return 0
}
