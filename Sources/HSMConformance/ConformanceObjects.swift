import HSMWorkerProtocol
import LibCrypto
import PKCS11
import SecureMemory

/// The token objects that the checks make, and their removal, whatever became of the check.
///
/// An object is this run's or an earlier run's when it has both the label and an id that begins as theirs do. Nothing
/// else is ever touched.
final class ConformanceObjects {
    static let label = "strongroom conformance"
    /// What all ids begin with.
    static let mark = Array("SRcf".utf8)

    private let run: [UInt8]
    private var ids: [[UInt8]] = []
    private var handles: [ObjectHandle] = []
    /// How many were removed.
    private(set) var removed = 0
    /// The next object's id, where somebody else has chosen it.
    var nextID: [UInt8]?
    /// Where they are.
    var slot: Slot?

    init(run: [UInt8]) {
        self.run = Array((run + [0, 0, 0, 0]).prefix(4))
    }

    /// An id for an object that is about to be made: 16 bytes, as all of the key store's.
    func newID() -> [UInt8] {
        if let id = nextID {
            nextID = nil
            ids.append(id)
            return id
        }
        let fresh = SystemRandom.bytes(8)
        let id = Self.mark + run + fresh.withExposedBytes { unsafe $0.withUnsafeBytes { unsafe Array($0) } }
        ids.append(id)
        return id
    }

    var lastID: [UInt8] { ids.last ?? [] }

    /// Remembers the handle too: there are tokens that find nothing by an id.
    func note(_ handle: ObjectHandle, _ id: [UInt8]) {
        handles.append(handle)
    }

    /// After a new life of the module its handles may be anybody's.
    func forgetHandles() {
        handles = []
    }

    /// Removes what the last check made.
    func removeAll() {
        guard let slot, !ids.isEmpty || !handles.isEmpty else { return }
        if let session = try? Session(on: slot) {
            for handle in handles where isOurs(handle, in: session) { destroy(handle, in: session) }
            // A check that made hundreds has removed them by itself: one search for all is quicker then.
            if ids.count > 16 {
                remove(in: session)
            } else {
                for id in ids {
                    for object in (try? session.findObjects([Attribute(.id, id)])) ?? [] {
                        destroy(object, in: session)
                    }
                }
            }
        }
        ids = []
        handles = []
    }

    /// Destroys an object that a check made. There are tokens whose handles stray to other objects: so it is looked at
    /// first, and what is not ours is let be.
    func destroyOwn(_ object: ObjectHandle, in session: borrowing Session) throws {
        let found = try session.attributes([.id, .label, .token], of: object)
        guard found[.label]?.bytes == Array(Self.label.utf8),
            found[.token]?.flag == false || found[.id]?.bytes?.starts(with: Self.mark + run) == true
        else { throw Wrong("the handle of an object that was made just now is another object's") }
        try session.destroyObject(object)
        handles.removeAll { $0 == object }
        removed += found[.token]?.flag == true ? 1 : 0
    }

    /// Removes objects that a check made and has done with.
    func remove(_ objects: [ObjectHandle], in session: borrowing Session) {
        for object in objects where isOurs(object, in: session) { destroy(object, in: session) }
        handles.removeAll { objects.contains($0) }
    }

    /// Removes all that this run and earlier ones left, as one that crashed does.
    func sweep() {
        guard let slot, let session = try? Session(on: slot) else { return }
        remove(in: session)
    }

    private func remove(in session: borrowing Session) {
        for object in (try? session.findObjects([Attribute(.label, Self.label)])) ?? []
        where isOurs(object, in: session) { destroy(object, in: session) }
    }

    /// How many token objects there are of this run and earlier ones.
    func count(in session: borrowing Session) throws(PKCS11Error) -> Int {
        var count = 0
        for object in try session.findObjects([Attribute(.label, Self.label), Attribute(.token, true)])
        where isOurs(object, in: session) { count += 1 }
        return count
    }

    private func isOurs(_ object: ObjectHandle, in session: borrowing Session) -> Bool {
        guard let found = try? session.attributes([.id, .label], of: object) else { return false }
        return found[.id]?.bytes?.starts(with: Self.mark) == true && found[.label]?.bytes == Array(Self.label.utf8)
    }

    // MARK: Half-made objects

    /// Objects that a creation which failed has left half-made: they hold nothing, and do not say whose they are.
    static func husks(in session: borrowing Session) throws(PKCS11Error) -> [ObjectHandle] {
        try session.findObjects([]).filter { object in
            var found: [AttributeType: AttributeReading] = [:]
            // One by one: of some the class cannot be read, and nothing then of what is asked for with it.
            for type in [AttributeType.objectClass, .id, .label, .valueLength] {
                do throws(PKCS11Error) {
                    found[type] = try session.attributes([type], of: object)[type]
                } catch  where error.returnValue == .attributeValueInvalid {
                    continue
                } catch {
                    // It is not known what it is.
                    return false
                }
            }
            guard found[.id]?.bytes?.isEmpty ?? true, found[.label]?.bytes?.isEmpty ?? true else { return false }
            guard let number = found[.objectClass]?.number else { return true }
            return number == ObjectClass.secretKey.rawValue && found[.valueLength]?.number ?? 0 == 0
        }
    }

    /// Removes those, which the caller knows to be this run's.
    func removeHusks(_ husks: [ObjectHandle], in session: borrowing Session) {
        for husk in husks { destroy(husk, in: session) }
    }

    private func destroy(_ object: ObjectHandle, in session: borrowing Session) {
        if (try? session.destroyObject(object)) != nil { removed += 1 }
    }
}
