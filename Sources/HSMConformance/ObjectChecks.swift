import HSMWorker
import HSMWorkerProtocol
import PKCS11

enum ObjectChecks {
    static var all: [Check] {
        [
            Check(
                "objects.id", "A key is found by its PKCS#11 id of 16 bytes, and it alone.", concerns: .everything,
                otherwise: "The key store names its keys by these ids, so it cannot find them again.", id),
            Check(
                "objects.other-session", "An object is found in other sessions as soon as it is made.",
                concerns: .everything, otherwise: "Other lanes do not find a key that was made just now.", otherSession),
            Check(
                "objects.same-id", "What the token does with two objects of one id is known.",
                otherwise: "Nothing: the worker looks before it makes a key.", sameID),
            Check(
                "objects.classes", "A secret key, a private key and a public key of one id are told apart by class.",
                otherwise: "Nothing: public halves have no id of ours.", needs: [.ecKeyPairGeneration], absence: "",
                classes),
            Check(
                "objects.destroyed", "The handle of an object that was destroyed is dead, and the object is not found.",
                concerns: .everything, otherwise: "A key that was deleted may still be used.", destroyed),
            Check(
                "objects.stable-handles", "A handle is its object's own also when others have been destroyed.",
                concerns: .everything, otherwise: "A request is answered with another key than it named.", stableHandles
            ),
            Check(
                "objects.unique-id", "What the token has of unique ids of its own is known.",
                otherwise: "", uniqueID),
            Check(
                "objects.many", "Among many objects each is found by its id.", concerns: .everything,
                otherwise: "The token holds fewer keys than the key store needs.", many),
        ]
    }

    private static func id(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let (first, id) = try bench.makeAny(in: session)
        _ = try bench.makeAny(in: session)
        let told = try session.attributes([.id], of: first)[.id]?.bytes
        guard told == id else { return .fail("its id reads back as \(told?.count ?? 0) other bytes") }
        let found = try session.findObjects([Attribute(.id, id)])
        guard found.count == 1 else { return .fail("a search by its id finds \(found.count) objects") }
        let labelled = try session.findObjects([Attribute(.id, id), Attribute(.label, ConformanceObjects.label)])
        guard labelled.count == 1 else { return .fail("a search by id and label finds \(labelled.count) objects") }
        let none = try session.findObjects([Attribute(.id, Array(id.reversed()))])
        guard none.isEmpty else { return .fail("a search by another id finds \(none.count) objects") }
        return .pass("found by id, and by id and label")
    }

    private static func otherSession(_ bench: Bench) throws -> Outcome {
        let other = try bench.session()
        let session = try bench.session()
        let (_, id) = try bench.makeAny(in: session)
        let before = try other.findObjects([Attribute(.id, id)]).count
        let fresh = try bench.session()
        let after = try fresh.findObjects([Attribute(.id, id)]).count
        guard before == 1, after == 1 else {
            return .fail("a session that was open finds \(before), one that is new finds \(after)")
        }
        return .pass("by a session that was open before, and by a new one")
    }

    private static func sameID(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let (_, id) = try bench.makeAny(in: session)
        let recipe = try bench.recipe("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        guard bench.has(.aesKeyGeneration) else { return .pass("not tried without AES") }
        do throws(PKCS11Error) {
            _ = try session.generateKey(
                recipe.generation, recipe.generationTemplate(id: id, omitting: bench.worker.profile.omitAttributes))
        } catch {
            return .pass("the second one is refused: \(error)")
        }
        let found = try session.findObjects([Attribute(.id, id)]).count
        return found == 2
            ? .pass("a search finds both: ids are the key store's to keep apart, which it does")
            : .quirk(
                "the second is made, and a search finds \(found) of the two: the worker looks before it makes a key")
    }

    private static func classes(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let pair = try bench.makePair("ECC_NIST_P256", "SIGN_VERIFY", isToken: true, in: session)
        let id = bench.objects.lastID
        let answer = session.setAttribute(Attribute(.id, id), of: pair.publicKey)
        let all = try session.findObjects([Attribute(.id, id)]).count
        let pairs = try session.findObjects([
            Attribute(.objectClass, ObjectClass.privateKey.rawValue), Attribute(.id, id),
        ]).count
        guard pairs == 1 else { return .fail("a search for the private key finds \(pairs) objects") }
        return .pass("1 of \(all) is the private key (C_SetAttributeValue of the other one's id: \(answer))")
    }

    private static func destroyed(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let (key, id) = try bench.makeAny(in: session)
        try bench.objects.destroyOwn(key, in: session)
        let left = try session.findObjects([Attribute(.id, id)]).count
        guard left == 0 else { return .fail("\(left) objects are still found by its id") }
        var answers: [ReturnValue] = []
        let fresh = try bench.session()
        do throws(PKCS11Error) {
            if try fresh.attributes([.keyType], of: key)[.keyType]?.number != nil {
                return .fail("its attributes are still told")
            }
        } catch {
            answers.append(error.returnValue)
        }
        if bench.has(.aesGCM), bench.has(.aesKeyGeneration) {
            var iv = [UInt8](repeating: 6, count: 12)
            do throws(PKCS11Error) {
                _ = try fresh.sealGCM([1], key, iv: &iv)
                return .fail("its handle still encrypts")
            } catch {
                answers.append(error.returnValue)
            }
        }
        let detail = "its handle is answered by " + answers.map(\.description).joined(separator: " and ")
        let strange = answers.filter { ![.objectHandleInvalid, .keyHandleInvalid].contains($0) }
        guard strange.isEmpty else {
            let values = strange.map { "\"\($0.hexadecimal)\": object" }.joined(separator: ", ")
            return .quirk(detail, settings: ["returnValues": "{\(values)}"])
        }
        return .pass(detail)
    }

    private static func stableHandles(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let made = try (0..<4).map { _ in try bench.makeAny(in: session) }
        func strayed(_ kept: some Sequence<(key: ObjectHandle, id: [UInt8])>) -> Int {
            kept.filter { (try? session.attributes([.id], of: $0.key)[.id]?.bytes) != $0.id }.count
        }
        // Making a pair may have destroyed its public half already.
        let first = strayed(made)
        guard first == 0 else { return .fail("\(first) of 4 handles are not their objects' when all are made") }
        try bench.objects.destroyOwn(made[0].key, in: session)
        try bench.objects.destroyOwn(made[2].key, in: session)
        let left = strayed([made[1], made[3]])
        return left == 0
            ? .pass("of 4 objects 2 were destroyed, and the handles of the others are still theirs")
            : .fail("of 4 objects 2 were destroyed, and \(left) handles of the others are not theirs any more")
    }

    private static func uniqueID(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let (key, _) = try bench.makeAny(in: session)
        let told = try session.attributes([.uniqueID], of: key)[.uniqueID]?.bytes
        return .pass(
            told.map { "the token gives each object one of \($0.count) bytes" }
                ?? "the token has none: the check value tells keys apart")
    }

    private static func many(_ bench: Bench) throws -> Outcome {
        let wanted = bench.request.objects
        let session = try bench.session()
        let start = Bench.now
        var ids: [[UInt8]] = []
        var handles: [ObjectHandle] = []
        var stopped: String?
        var told = start
        while ids.count < wanted, stopped == nil {
            do {
                let (key, id) = try bench.makeAny(in: session)
                handles.append(key)
                ids.append(id)
            } catch {
                stopped = "\(error)"
            }
            if Bench.now - told > 1 {
                bench.progress(ids.count, of: wanted)
                told = Bench.now
            }
            // A smart card makes a key in seconds: what is there by then has to do.
            if Bench.now - start > 180 || bench.isStopped { break }
        }
        defer {
            for first in stride(from: 0, to: handles.count, by: 20) {
                bench.objects.remove(Array(handles[first..<min(first + 20, handles.count)]), in: session)
                bench.progress(handles.count - first, of: wanted)
            }
        }
        let creation = (Bench.now - start) * 1000 / Double(max(ids.count, 1))
        let fresh = try bench.session()
        let sample = stride(from: 0, to: ids.count, by: max(ids.count / 50, 1)).map { ids[$0] }
        let (wrong, search) = try Bench.timed {
            try sample.filter { try fresh.findObjects([Attribute(.id, $0)]).count != 1 }.count
        }
        let (seen, listing) = try Bench.timed { () throws -> Int in
            let found = try fresh.findObjects([Attribute(.label, ConformanceObjects.label), Attribute(.token, true)])
            let known = Set(ids)
            return try found.filter { known.contains(try fresh.attributes([.id], of: $0)[.id]?.bytes ?? []) }.count
        }
        guard wrong == 0 else {
            return .fail("of \(sample.count) that were searched for, \(wrong) were not found once")
        }
        guard seen == ids.count else { return .fail("a list of all shows \(seen) of \(ids.count)") }
        let measurements = [
            ConformanceMeasurement("making a token object among up to \(ids.count)", creation, "ms"),
            ConformanceMeasurement("search by id among \(ids.count)", search / Double(max(sample.count, 1)), "ms"),
            ConformanceMeasurement("listing \(ids.count) with their ids", listing, "ms"),
        ]
        let time = milliseconds(search / Double(max(sample.count, 1)))
        let isCut = stopped == nil && ids.count < wanted
        let detail = "\(ids.count) objects\(isCut ? " in 180 seconds" : ""), a search takes \(time)"
        guard let stopped else { return .pass(detail, measurements: measurements) }
        return Outcome(
            verdict: ids.count < 16 ? .fail : .quirk, detail: "\(detail); then it ended: \(stopped)",
            measurements: measurements)
    }

    static func milliseconds(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return "\(rounded) ms"
    }
}
