import LibCrypto

// Double encryption: what the server's own token seals under a key of an external key store, the external key seals once
// more, and neither opens it alone ("Double encryption", AWS KMS Developer Guide).
extension KeyStore {
    /// What callers get of something sealed under the key's current material.
    func ciphertext(
        of sealed: SealedBytes, under entry: KeyEntry, _ encryptionContext: EncryptionContext,
        for operation: String, by context: CallContext
    ) async throws(KMSError) -> [UInt8] {
        let header = entry.current.header
        guard let external = try externalKey(of: entry) else {
            return CiphertextBlob.encode(header: header, .sealed(sealed))
        }
        note(entry, in: context)
        let binding = Array(sealed.bytes.suffix(DoubleSealing.bindingSize))
        let outer: ExternalSealing
        do throws(XKSProxyFailure) {
            outer = try await external.proxy.encrypt(
                Array(sealed.bytes.dropLast(DoubleSealing.bindingSize)),
                authenticating: Self.externalData(header, encryptionContext, binding), under: external.id,
                for: ExternalCall(operation, on: entry.arn, by: context))
        } catch {
            throw error.cryptographicError(entry.arn)
        }
        guard let double = DoubleSealing(binding: binding, outer: outer) else { throw .invalidCiphertext }
        return CiphertextBlob.encode(header: header, .double(double))
    }

    /// What the server's own token sealed, out of what the external key made of it.
    func open(
        _ sealing: DoubleSealing, _ source: Source, _ encryptionContext: EncryptionContext, for operation: String,
        by context: CallContext
    ) async throws(KMSError) -> SealedBytes {
        guard let external = try externalKey(of: source.entry) else { throw .invalidCiphertext }
        note(source.entry, in: context)
        let bytes: [UInt8]
        do throws(XKSProxyFailure) {
            bytes = try await external.proxy.decrypt(
                sealing.outer,
                authenticating: Self.externalData(source.material.header, encryptionContext, sealing.binding),
                under: external.id, for: ExternalCall(operation, on: source.entry.arn, by: context))
        } catch {
            throw error.cryptographicError(source.entry.arn)
        }
        guard source.material.scheme.plaintextSizes(of: sealing.innerSize) != nil,
            let sealed = SealedBytes(bytes + sealing.binding)
        else { throw KMSError.invalidCiphertext.ofInnerSealing }
        return sealed
    }

    /// As CloudTrail has it, so that who keeps the external key can be asked about the call.
    private func note(_ entry: KeyEntry, in context: CallContext) {
        context.draft.note(additional: "customKeyStoreId", .string(entry.key.customKeyStore?.description ?? ""))
        context.draft.note(additional: "xksKeyId", .string(entry.key.xksKeyID ?? ""))
    }

    /// What the proxy is to authenticate: of the encryption context its digest alone, which is as long for every one, and
    /// tells the external key manager nothing.
    static func externalData(
        _ header: [UInt8], _ encryptionContext: EncryptionContext, _ binding: [UInt8]
    ) -> [UInt8] {
        header + Digest.sha256.hash(encryptionContext.canonicalBytes) + binding
    }
}

extension KMSError {
    /// Of an inner sealing that does not open although the proxy took the outer one for good: what the proxy gave belongs
    /// to another request.
    var ofInnerSealing: KMSError {
        guard code == .invalidCiphertext else { return self }
        return KMSError(
            .invalidState,
            "The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is "
                + "corrupted, missing, or otherwise invalid.", cause: "what the proxy answered is of another ciphertext"
        )
    }
}
