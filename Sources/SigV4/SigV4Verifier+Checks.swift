extension SigV4Verifier {
    /// The header that dates the request: x-amz-date, or Date where the client may not set the former.
    func signingDate(_ headerValue: (String) -> String?) -> (name: String, value: String?) {
        if let value = headerValue("x-amz-date") { return ("x-amz-date", value) }
        return ("date", headerValue("date"))
    }

    /// Reads the header; a missing date is reported together with its missing parts, as AWS does.
    func parse(_ authorization: String, hasDate: Bool) throws(SigV4Error) -> AuthorizationHeader {
        do {
            return try AuthorizationHeader(authorization)
        } catch .incompleteSignature(let missing) where !hasDate {
            throw .incompleteSignature(missing: missing + [.date])
        }
    }

    func fresh(_ date: String, now: Int64) throws(SigV4Error) -> SigningTime {
        guard let time = SigningTime(headerValue: date) else {
            let text = date.utf8.span
            throw .malformedDate(text.quotation(0..<text.count))
        }
        // Both limits are inside the window: a request exactly as old as the skew is still good.
        if time.epochSeconds < now - skewSeconds {
            throw .expired(signed: time.epochSeconds, now: now, skewSeconds: skewSeconds)
        }
        if time.epochSeconds > now + skewSeconds {
            throw .notYetCurrent(signed: time.epochSeconds, now: now, skewSeconds: skewSeconds)
        }
        return time
    }

    /// Without the host signed, a request could be replayed to another server that knows the same access key; without
    /// the date, at any time; without the target, as another operation.
    func checkSigned(
        _ signedHeaders: [String], dateName: String, _ headerValue: (String) -> String?
    ) throws(SigV4Error) {
        if !signedHeaders.contains("host") { throw .headerNotSigned("host") }
        if !signedHeaders.contains(dateName) { throw .headerNotSigned(dateName) }
        if !signedHeaders.contains("x-amz-target"), headerValue("x-amz-target") != nil {
            throw .headerNotSigned("x-amz-target")
        }
    }

    func checkScope(of authorization: AuthorizationHeader, at time: SigningTime) throws(SigV4Error) {
        let scope = authorization.scope
        var faults: [CredentialScopeFault] = []
        if !regions.contains(scope.region) { faults.append(.region) }
        if scope.service != service { faults.append(.service(expected: service)) }
        if authorization.terminator != CredentialScope.terminator {
            faults.append(.terminator(found: authorization.terminator.quotation))
        }
        if scope.day != time.day {
            faults.append(.date(found: scope.day.quotation, signed: time.epochSeconds))
        }
        if !faults.isEmpty { throw .invalidCredentialScope(faults) }
    }

    func check(_ statedHash: String, against bodyHash: [UInt8]) throws(SigV4Error) {
        if statedHash.utf8.elementsEqual(bodyHash) { return }
        // UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD and their kin.
        throw statedHash.hasSuffix("-PAYLOAD") || statedHash.hasPrefix("STREAMING-")
            ? .unsignedPayloadNotSupported : .contentHashMismatch
    }
}

extension String {
    fileprivate var quotation: String {
        let text = utf8.span
        return text.quotation(0..<text.count)
    }

    /// Whether a query names one of the parameters that make a request presigned.
    var hasSignature: Bool {
        utf8.split(separator: UInt8(ascii: "&")).contains { pair in
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            return name.elementsEqual("X-Amz-Signature".utf8) || name.elementsEqual("X-Amz-Algorithm".utf8)
        }
    }
}
