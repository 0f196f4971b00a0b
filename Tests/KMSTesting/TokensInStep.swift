internal import Foundation
internal import Synchronization

/// SoftHSM tokens that are kept in step, as a vendor's cluster keeps its HSMs: what one of them makes comes to the others,
/// and what one destroys goes from them.
///
/// An object is a file that is encrypted under its token's own key, so the tokens have to be copies of one
/// (``SoftHSMToken/init(copyOf:)``).
package final class TokensInStep: Sendable {
    package let tokens: [SoftHSMToken]
    private let state: Mutex<State>

    private struct State {
        /// The object files by their paths below the store, with what they hold.
        var known: [String: Data] = [:]
        /// Which of them each token had after the last round.
        var held: [Set<String>]
        /// What was destroyed in one; it goes from a store that comes back too. No name is used twice.
        var destroyed: Set<String> = []
        /// Rounds that still tell each token to look at its folder: one that writes just then misses it once.
        var announcements = 0
        var isPaused = false
    }

    /// `count` tokens in all, of which the first is `token`, before anything uses it.
    package init(_ token: SoftHSMToken, count: Int) throws {
        tokens = [token] + (try (1..<count).map { _ in try SoftHSMToken(copyOf: token) })
        state = Mutex(State(held: Array(repeating: [], count: count)))
        synchronize()
    }

    // MARK: In the background

    /// Synchronises again and again for as long as this lives, with `pause` seconds between.
    package func begin(every pause: Double = 0.02) {
        Thread.detachNewThread { [weak self] in
            while true {
                guard let tokens = self else { return }
                tokens.round()
                Thread.sleep(forTimeInterval: pause)
            }
        }
    }

    /// The tokens go their own ways until ``resume()``: their synchronisation is broken.
    package func pause() { state.withLock { $0.isPaused = true } }
    package func resume() { state.withLock { $0.isPaused = false } }

    private func round() {
        guard !state.withLock({ $0.isPaused }) else { return }
        synchronize()
    }

    // MARK: One round

    /// Brings every token to what the others have made and destroyed since the last time.
    package func synchronize() {
        state.withLock { state in
            let present = tokens.map(Self.objects)
            var changed = false
            for path in Set(present.compactMap { $0?.keys }.joined()).union(state.known.keys) {
                changed = synchronize(path, present, &state) || changed
            }
            if changed { state.announcements = 3 }
            guard state.announcements > 0 else { return }
            state.announcements -= 1
            for token in tokens { Self.announce(in: token) }
        }
    }

    /// Answers whether a file was written or removed. A store that is away is left as it is.
    private func synchronize(_ path: String, _ present: [[String: Data?]?], _ state: inout State) -> Bool {
        // Gone from one that had it: it was destroyed there.
        let isDestroyed = zip(present, state.held).contains { objects, held in
            held.contains(path) && objects.map { !$0.keys.contains(path) } == true
        }
        guard !isDestroyed, !state.destroyed.contains(path) else {
            state.known[path] = nil
            state.destroyed.insert(path)
            for (index, token) in tokens.enumerated() where present[index] != nil {
                state.held[index].remove(path)
                Self.remove(path, of: token)
            }
            return true
        }
        let versions = present.map { $0.flatMap { $0[path] ?? nil } }
        // Written since the last round, by whoever has another content than was known.
        guard let newest = versions.compactMap(\.self).first(where: { $0 != state.known[path] }) ?? state.known[path]
        else { return false }
        state.known[path] = newest
        var changed = false
        for (index, token) in tokens.enumerated() {
            guard let objects = present[index] else { continue }
            if !objects.keys.contains(path) || versions[index].map({ $0 != newest }) == true {
                guard Self.write(newest, to: path, of: token) else { continue }
                changed = true
            }
            state.held[index].insert(path)
        }
        return changed
    }

    /// SoftHSM has a second file beside each object's, and does not destroy one without.
    private static func lockFile(_ path: String) -> String { path.dropLast(".object".count) + ".lock" }

    private static func remove(_ path: String, of token: SoftHSMToken) {
        for name in [path, lockFile(path)] {
            try? FileManager.default.removeItem(atPath: token.folder + "/tokens/" + name)
        }
    }

    /// The object files of a token, by their paths below its store; with nothing in those that may be unfinished. Nil
    /// where the store is away.
    private static func objects(of token: SoftHSMToken) -> [String: Data?]? {
        guard let paths = try? token.objectFiles else { return nil }
        var objects: [String: Data?] = [:]
        for path in paths {
            objects.updateValue(nil, forKey: path)
            let url = URL(filePath: token.folder + "/tokens/" + path)
            let changed = (try? url.resourceValues(forKeys: [.contentModificationDateKey]))?.contentModificationDate
            // A file that was just written may be about to be written again: SoftHSM makes an object in steps.
            guard let changed, changed.timeIntervalSinceNow < -0.01, let data = try? Data(contentsOf: url) else {
                continue
            }
            objects.updateValue(data, forKey: path)
        }
        return objects
    }

    /// Writes a file whole, under a name that is no object's until it is.
    private static func write(_ data: Data, to path: String, of token: SoftHSMToken) -> Bool {
        let target = token.folder + "/tokens/" + path
        let draft = target + ".draft"
        try? Data().write(to: URL(filePath: lockFile(target)), options: .withoutOverwriting)
        guard (try? data.write(to: URL(filePath: draft))) != nil else { return false }
        return unsafe rename(draft, target) == 0
    }

    /// A token looks at its folder when the number in this file has changed.
    private static func announce(in token: SoftHSMToken) {
        let store = token.folder + "/tokens"
        for folder in (try? FileManager.default.contentsOfDirectory(atPath: store)) ?? [] {
            let url = URL(filePath: "\(store)/\(folder)/generation")
            guard let data = try? Data(contentsOf: url), data.count == 8 else { continue }
            let number = data.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } &+ 1
            let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - $0 * 8)) }
            guard let file = try? FileHandle(forUpdating: url) else { continue }
            try? file.write(contentsOf: bytes)
            try? file.close()
        }
    }
}
