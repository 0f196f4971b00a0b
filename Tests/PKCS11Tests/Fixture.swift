import CPKCS11
import Glibc
import KMSTesting
import SecureMemory
import Testing

@testable import PKCS11

/// All tests that load SoftHSM into this process: C_Initialize is once a process, so they share a module and run one
/// after the other.
@Suite(.serialized) struct `PKCS#11 over SoftHSM` {}

/// The one module of this process, over a store with four tokens.
struct Fixture: Sendable {
    let store: SoftHSMToken
    let module: Module
    let slot: Slot

    static let label = "main"
    /// A label that two tokens have.
    static let twins = "twin"
    /// A token whose PIN is tried in vain.
    static let spare = "spare"

    private static let shared = Result {
        let store = try SoftHSMToken(label: label)
        for label in [twins, twins, spare] { try store.addToken(label: label) }
        // Before C_Initialize, which is when SoftHSM reads it.
        unsafe setenv("SOFTHSM2_CONF", store.configurationFile, 1)
        let module = try Module(path: SoftHSMToken.modulePath)
        return Fixture(store: store, module: module, slot: try TokenURI("pkcs11:token=\(label)").select(in: module))
    }

    static func get() throws -> Fixture { try shared.get() }

    func pin() -> SecretBytes { SecretBytes(copying: Array(store.pin.utf8)) }

    /// A new session, logged in.
    static func session() throws -> Session {
        let fixture = try get()
        let session = try Session(on: fixture.slot)
        try session.login(pin: fixture.pin())
        return session
    }

    func slots(labelled label: String) throws -> [Slot] {
        try module.slotsWithToken().filter { try $0.tokenInfo().label == label }
    }
}

/// The module's function table with one entry changed for the length of `body`. It is the real table: Swift and the C
/// shims cannot tell the difference to a module that behaves so.
func withEntry<F>(
    _ entry: WritableKeyPath<CK_FUNCTION_LIST, F>, _ value: F, _ body: () throws -> Void
) throws {
    let table = unsafe try Fixture.get().module.functions.pointer
    let original = unsafe table.pointee[keyPath: entry]
    unsafe table.pointee[keyPath: entry] = value
    defer { unsafe table.pointee[keyPath: entry] = original }
    try body()
}

extension Session {
    /// An AES-256 key as a session object, with what `more` adds.
    borrowing func newAESKey(_ more: [Attribute] = []) throws -> ObjectHandle {
        try generateKey(
            Mechanism(.aesKeyGeneration),
            [
                Attribute(.objectClass, ObjectClass.secretKey.rawValue), Attribute(.keyType, KeyType.aes.rawValue),
                Attribute(.valueLength, 32 as UInt), Attribute(.token, false), Attribute(.encrypt, true),
                Attribute(.decrypt, true),
            ] + more
        )
    }

    borrowing func importAESKey(_ bytes: [UInt8]) throws -> ObjectHandle {
        try createObject(
            [
                Attribute(.objectClass, ObjectClass.secretKey.rawValue), Attribute(.keyType, KeyType.aes.rawValue),
                Attribute(.token, false), Attribute(.encrypt, true), Attribute(.decrypt, true),
                Attribute(.sensitive, true), Attribute(.extractable, false),
            ],
            secretValue: SecretBytes(copying: bytes)
        )
    }

    borrowing func seal(_ bytes: [UInt8], _ key: ObjectHandle, iv: [UInt8], aad: [UInt8]) throws -> [UInt8] {
        try array(bytes.count + 16) { (output: inout MutableRawSpan) throws in
            var iv = iv
            var ivSpan = iv.mutableSpan
            var ivBytes = unsafe ivSpan.mutableBytes
            return try unsafe encryptAESGCM(
                bytes.span.bytes, with: key, iv: &ivBytes, aad: aad.span.bytes, into: &output
            )
        }
    }

    borrowing func open(_ sealed: [UInt8], _ key: ObjectHandle, iv: [UInt8], aad: [UInt8]) throws -> [UInt8] {
        try array(sealed.count) { (output: inout MutableRawSpan) throws in
            try unsafe decryptAESGCM(
                sealed.span.bytes, with: key, iv: iv.span.bytes, aad: aad.span.bytes, into: &output)
        }
    }

    borrowing func sign(_ bytes: [UInt8], _ key: ObjectHandle, _ mechanism: Mechanism, room: Int = 512) throws
        -> [UInt8]
    {
        try array(room) { (output: inout MutableRawSpan) throws in
            try unsafe sign(bytes.span.bytes, with: key, mechanism, into: &output)
        }
    }

    borrowing func verify(
        _ signature: [UInt8], _ bytes: [UInt8], _ key: ObjectHandle, _ mechanism: Mechanism
    ) throws -> Bool {
        try unsafe verify(signature.span.bytes, of: bytes.span.bytes, with: key, mechanism)
    }

    borrowing func random(_ count: Int) throws -> [UInt8] {
        try array(count) { (output: inout MutableRawSpan) throws in
            try generateRandom(into: &output)
            return output.byteCount
        }
    }

    borrowing func reading(_ type: AttributeType, of object: ObjectHandle) throws -> AttributeReading? {
        try attributes([type], of: object)[type]
    }
}

/// As many bytes as `body` says that it wrote into room of `size`.
func array(_ size: Int, _ body: (inout MutableRawSpan) throws -> Int) rethrows -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    var span = bytes.mutableSpan
    var room = unsafe span.mutableBytes
    let written = try body(&room)
    return Array(bytes.prefix(written))
}

/// Expects `body` to fail in `function` with `value`.
func expect(
    _ value: ReturnValue, from function: String? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) {
    let error = #expect(throws: PKCS11Error.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.returnValue == value, sourceLocation: sourceLocation)
    if let function { #expect(error?.function == function, sourceLocation: sourceLocation) }
}
