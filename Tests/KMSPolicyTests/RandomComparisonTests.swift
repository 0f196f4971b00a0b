import Foundation
import KMSPolicy
import Testing

/// Random key policies, identity policies, grants and requests, of each of which the engine and the reference say the
/// same.
///
/// `STRONGROOM_POLICY_TRIPLES` sets how many there are (a million takes a debug build some minutes), and
/// `STRONGROOM_POLICY_SEED` from which seed on: the seed that a failure names, with 100 triples, repeats it.
@Suite struct `The engine and the reference` {
    private static let triples = environment("STRONGROOM_POLICY_TRIPLES", or: 50_000)
    private static let firstSeed = UInt64(environment("STRONGROOM_POLICY_SEED", or: 20_261_021))
    private static let callersAScene = 4
    private static let requestsACaller = 25
    private static let parts = 4

    private static func environment(_ name: String, or usual: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? usual
    }

    @Test(arguments: 0..<parts)
    func `decide the same on random policies`(part: Int) throws {
        let scenes = max(1, Self.triples / (Self.callersAScene * Self.requestsACaller))
        var tally = Tally()
        for scene in stride(from: part, to: scenes, by: Self.parts) where tally.mismatches < 3 {
            try compare(seed: Self.firstSeed &+ UInt64(scene), &tally)
        }
        // Otherwise the comparison would say little.
        if scenes >= 200, tally.mismatches == 0 { tally.expectVariety() }
    }

    private func compare(seed: UInt64, _ tally: inout Tally) throws {
        var random = RandomPolicies(seed: seed)
        let scene = RandomScene(using: &random, callers: Self.callersAScene)
        var keyPolicy: CompiledPolicy?
        for caller in scene.callers where tally.mismatches < 3 {
            let reference = scene.reference(caller)
            let engine = try EngineEvaluator(reference, keyPolicy: keyPolicy)
            keyPolicy = engine.keyPolicy
            for _ in 0..<Self.requestsACaller where tally.mismatches < 3 {
                let request = random.request(by: caller.caller)
                let decision = engine.onKey(request)
                tally.count(decision)
                if !Self.agreeOnKey(reference, engine, request) {
                    tally.mismatches += 1
                    try report(reference, request, seed: seed, unless: Self.agreeOnKey)
                }
                if !Self.agreeByIdentity(reference, engine, request) {
                    tally.mismatches += 1
                    try report(reference, request, seed: seed, unless: Self.agreeByIdentity)
                }
            }
        }
    }

    private static func agreeOnKey(
        _ reference: ReferenceEvaluator, _ engine: EngineEvaluator, _ request: ReferenceRequest
    ) -> Bool {
        let decision = engine.onKey(request)
        return decision.verdict == reference.onKey(request) && reference.bearsOut(decision, on: request)
    }

    private static func agreeByIdentity(
        _ reference: ReferenceEvaluator, _ engine: EngineEvaluator, _ request: ReferenceRequest
    ) -> Bool {
        let decision = engine.byIdentity(request)
        return decision.verdict == reference.byIdentity(request) && reference.bearsOut(decision, on: request)
    }

    private func report(
        _ reference: ReferenceEvaluator, _ request: ReferenceRequest, seed: UInt64,
        unless agree: (ReferenceEvaluator, EngineEvaluator, ReferenceRequest) -> Bool
    ) throws {
        let small = reference.shrunk { smaller in
            guard let engine = try? EngineEvaluator(smaller) else { return false }
            return !agree(smaller, engine, request)
        }
        let engine = try EngineEvaluator(small)
        Issue.record(
            """
            seed \(seed): \(request.action) on a key: the reference says \(small.onKey(request)), \
            the engine \(engine.onKey(request).reason); by identity \(small.byIdentity(request)), \
            \(engine.byIdentity(request).reason)
            \(small)
            request: \(request)
            """)
    }

    /// How often each way to a decision was taken.
    private struct Tally {
        var counts: [String: Int] = [:]
        var mismatches = 0

        mutating func count(_ decision: Decision) {
            let way =
                switch decision.reason {
                case .allowed(by: .grant, _): "by a grant"
                case .allowed: "allowed"
                case .allowedToRoot: "to root"
                case .denied(by: .keyPolicy, _): "denied by the key policy"
                case .denied: "denied by the caller's policies"
                case .notAllowed: "not allowed"
                case .notAcrossAccounts: "not across accounts"
                }
            counts[way, default: 0] += 1
        }

        func expectVariety() {
            let total = counts.values.reduce(0, +)
            for (way, percent) in [
                ("by a grant", 2), ("allowed", 10), ("denied by the key policy", 3),
                ("denied by the caller's policies", 2), ("not allowed", 20), ("not across accounts", 2),
            ] {
                let count = counts[way] ?? 0
                #expect(count * 100 >= percent * total, "\(way): \(count) of \(total); \(counts)")
            }
        }
    }
}
