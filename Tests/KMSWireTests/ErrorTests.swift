import FoundationEssentials
import KMSCore
import Testing

@testable import KMSWire

@Suite struct `Errors on the wire` {
    private func body(_ error: WireError) throws -> [String: String] {
        try JSONDecoder().decode([String: String].self, from: error.body)
    }

    @Test(arguments: [
        (KMSError.Code.accessDenied, "AccessDeniedException", 400),
        (.alreadyExists, "AlreadyExistsException", 400),
        (.cloudHSMClusterInUse, "CloudHsmClusterInUseException", 400),
        (.cloudHSMClusterInvalidConfiguration, "CloudHsmClusterInvalidConfigurationException", 400),
        (.cloudHSMClusterNotActive, "CloudHsmClusterNotActiveException", 400),
        (.cloudHSMClusterNotFound, "CloudHsmClusterNotFoundException", 400),
        (.cloudHSMClusterNotRelated, "CloudHsmClusterNotRelatedException", 400),
        (.conflict, "ConflictException", 400),
        (.customKeyStoreHasKeys, "CustomKeyStoreHasCMKsException", 400),
        (.customKeyStoreInvalidState, "CustomKeyStoreInvalidStateException", 400),
        (.customKeyStoreNameInUse, "CustomKeyStoreNameInUseException", 400),
        (.customKeyStoreNotFound, "CustomKeyStoreNotFoundException", 400),
        (.dependencyTimeout, "DependencyTimeoutException", 500),
        (.disabled, "DisabledException", 400),
        (.dryRun, "DryRunOperationException", 400),
        (.expiredImportToken, "ExpiredImportTokenException", 400),
        (.incorrectKey, "IncorrectKeyException", 400),
        (.incorrectKeyMaterial, "IncorrectKeyMaterialException", 400),
        (.incorrectTrustAnchor, "IncorrectTrustAnchorException", 400),
        (.internalFailure, "KMSInternalException", 500),
        (.invalidAliasName, "InvalidAliasNameException", 400),
        (.invalidARN, "InvalidArnException", 400),
        (.invalidCiphertext, "InvalidCiphertextException", 400),
        (.invalidImportToken, "InvalidImportTokenException", 400),
        (.invalidKeyUsage, "InvalidKeyUsageException", 400),
        (.invalidMAC, "KMSInvalidMacException", 400),
        (.invalidMarker, "InvalidMarkerException", 400),
        (.invalidSignature, "KMSInvalidSignatureException", 400),
        (.invalidState, "KMSInvalidStateException", 400),
        (.keyUnavailable, "KeyUnavailableException", 500),
        (.limitExceeded, "LimitExceededException", 400),
        (.malformedPolicy, "MalformedPolicyDocumentException", 400),
        (.materialMissing, "KeyUnavailableException", 500),
        (.notAuthorized, "NotAuthorizedException", 400),
        (.notFound, "NotFoundException", 400),
        (.tag, "TagException", 400),
        (.throttled, "ThrottlingException", 400),
        (.unsupported, "UnsupportedOperationException", 400),
        (.validation, "ValidationException", 400),
        (KMSError.Code(rawValue: "of a later version"), "KMSInternalException", 500),
    ])
    func `every code of the domain has its name`(code: KMSError.Code, name: String, status: Int) throws {
        let error = WireError(KMSError(code, "text", cause: "the token's serial number"))
        #expect(error.code == name && error.status == status)
        let body = try body(error)
        #expect(body["__type"] == name)
        #expect(!body.values.contains { $0.contains("serial") })
    }

    @Test func `a message is a member of its own`() throws {
        #expect(
            try body(WireError(KMSError(.notFound, "Key 'arn' does not exist")))
                == ["__type": "NotFoundException", "message": "Key 'arn' does not exist"]
        )
    }

    @Test func `an error without a message has a type only`() throws {
        #expect(try body(WireError(.invalidCiphertext)) == ["__type": "InvalidCiphertextException"])
        #expect(try body(WireError(.invalidSignature)) == ["__type": "KMSInvalidSignatureException"])
        #expect(try body(WireError(.invalidMAC)) == ["__type": "KMSInvalidMacException"])
    }

    @Test func `AccessDeniedException writes Message with a capital, as AWS does`() throws {
        #expect(
            try body(WireError(KMSError(.accessDenied, "no"))) == ["__type": "AccessDeniedException", "Message": "no"]
        )
    }

    @Test func `dry runs end in AWS's words`() throws {
        #expect(WireError(KMSError(.dryRun, KMSError.dryRun.message)).code == "DryRunOperationException")
        #expect(KMSError.dryRun.message == "The request would have succeeded, but the DryRun option is set.")
    }

    @Test func `operations are found by their target`() throws {
        #expect(OperationName.allCases.count == 54)
        #expect(try OperationName(target: "TrentService.Encrypt") == .encrypt)
        for target in [
            nil, "", "Encrypt", "TrentService.", "TrentService.encrypt", "TrentService.Encrypt ", "DynamoDB.Encrypt",
            "TrentService.Foo",
        ] {
            #expect(throws: WireError.unknownOperation) { try OperationName(target: target) }
        }
        #expect(WireError.unknownOperation.code == "UnknownOperationException")
    }

    @Test func `operations that are not here yet are named`() {
        for operation in OperationName.allCases
        where !RequestDecoder.requests.contains(where: { $0.operation == operation }) {
            #expect(
                throws: WireError(
                    "UnsupportedOperationException", "\(operation.rawValue) is not supported by this server yet.")
            ) {
                try RequestDecoder.decode(target: operation.target, body: [])
            }
        }
        #expect(RequestDecoder.requests.count == 54)
    }
}
