import SigV4

/// A request as a server receives it, for the tests to sign, change and verify.
struct SignedRequest: Sendable {
    var method = "POST"
    var path = "/"
    var query = ""
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []

    /// 2015-08-30T12:36:00Z, the moment of AWS's published examples.
    static let exampleTime: Int64 = 1_440_938_160
    static let exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    static let exampleID = "AKIDEXAMPLE"

    static func exampleCredential(sessionToken: String? = nil) -> SigningCredential {
        SigningCredential(accessKeyID: exampleID, secretAccessKey: exampleSecret, sessionToken: sessionToken)
    }

    /// An Encrypt call to KMS in eu-central-1, signed with `credential`.
    static func encrypt(
        signedBy credential: SigningCredential = exampleCredential(), now: Int64 = exampleTime
    ) -> SignedRequest {
        var request = SignedRequest(body: Array(#"{"KeyId":"alias/strongroom","Plaintext":"aGVsbG8="}"#.utf8))
        request.headers = [
            ("x-amz-target", "TrentService.Encrypt"), ("content-type", "application/x-amz-json-1.1"),
        ]
        request.sign(with: SigV4Signer(credential: credential, region: "eu-central-1", service: "kms"), now: now)
        return request
    }

    mutating func sign(with signer: SigV4Signer, host: String = "kms.example.com", now: Int64 = exampleTime) {
        let added = unsafe signer.sign(
            method: method, path: path, query: query, host: host, headers: headers, body: body.span.bytes, now: now)
        headers.append(("host", host))
        headers.append(contentsOf: added)
    }

    func value(_ name: String) -> String? {
        let values = headers.filter { $0.name.lowercased() == name }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    /// Sets the header, or removes it.
    mutating func set(_ name: String, to value: String?) {
        headers.removeAll { $0.name.lowercased() == name }
        if let value { headers.append((name, value)) }
    }

    func verified(
        by verifier: SigV4Verifier = SigV4Verifier(service: "kms", regions: ["eu-central-1"]),
        now: Int64 = exampleTime, credential: SigningCredential? = exampleCredential()
    ) throws(SigV4Error) -> VerifiedSignature {
        try unsafe verifier.verify(
            method: method, path: path, query: query, headerValue: { name in self.value(name) }, body: body.span.bytes,
            now: now, credential: { id in id == credential?.accessKeyID ? credential : nil })
    }
}
