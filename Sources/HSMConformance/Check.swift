import HSMWorker
import HSMWorkerProtocol
import PKCS11

/// One thing that is tried, and what depends on it.
struct Check {
    /// The group, a point, and a name in kebab case.
    let id: String
    /// What is true of a token that passes.
    let fact: String
    /// What the key store can offer only if this check does not fail.
    let concerns: [ConformanceCapability]
    /// What it means when the check fails, in plain words.
    let consequence: String
    /// Without one of these there is nothing to be tried.
    let needs: [MechanismType]
    /// What it means when one of them is missing, where that is something else.
    let absence: String?
    private let body: (Bench) throws -> Outcome

    init(
        _ id: String, _ fact: String, concerns: [ConformanceCapability] = [], otherwise consequence: String = "",
        needs: [MechanismType] = [], absence: String? = nil, _ body: @escaping (Bench) throws -> Outcome
    ) {
        self.id = id
        self.fact = fact
        self.concerns = concerns
        self.consequence = consequence
        self.needs = needs
        self.absence = absence
        self.body = body
    }

    /// Tries it. What the token refuses is a finding, never the end of the run.
    func run(_ bench: Bench) -> Outcome {
        let absent = needs.filter { !bench.has($0) }
        guard absent.isEmpty else {
            return .missing(
                "the token has no \(absent.map(\.description).joined(separator: ", no "))", consequence: absence)
        }
        do {
            return try body(bench)
        } catch let error as PKCS11Error where error.returnValue.meansMissing {
            return .missing("\(error)")
        } catch let failure as WorkerLaneFailure where failure.status == .unsupported {
            return .missing(failure.text)
        } catch {
            return .fail("\(error)")
        }
    }

    func finding(_ outcome: Outcome) -> ConformanceFinding {
        let group = ConformanceGroup(rawValue: String(id.prefix { $0 != "." })) ?? .initialization
        let isBad = outcome.verdict == .fail || outcome.verdict == .missing
        let text = outcome.consequence ?? consequence
        return ConformanceFinding(
            id, group, fact, outcome.verdict, outcome.detail, consequence: isBad && !text.isEmpty ? text : nil,
            settings: outcome.settings, concerns: concerns, measurements: outcome.measurements)
    }
}

/// What a check saw.
struct Outcome {
    var verdict: ConformanceVerdict
    var detail: String
    var consequence: String?
    var settings: [String: String] = [:]
    var measurements: [ConformanceMeasurement] = []

    static func pass(
        _ detail: String, settings: [String: String] = [:], measurements: [ConformanceMeasurement] = []
    ) -> Outcome {
        Outcome(verdict: .pass, detail: detail, settings: settings, measurements: measurements)
    }

    static func quirk(
        _ detail: String, settings: [String: String] = [:], measurements: [ConformanceMeasurement] = []
    ) -> Outcome {
        Outcome(verdict: .quirk, detail: detail, settings: settings, measurements: measurements)
    }

    static func missing(_ detail: String, consequence: String? = nil) -> Outcome {
        Outcome(verdict: .missing, detail: detail, consequence: consequence)
    }

    static func fail(_ detail: String, consequence: String? = nil) -> Outcome {
        Outcome(verdict: .fail, detail: detail, consequence: consequence)
    }
}

/// Thrown where what a token did is wrong; the text is the finding's detail.
struct Wrong: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension ReturnValue {
    /// Whether the module says by it that it does not have what was asked for.
    var meansMissing: Bool {
        [.mechanismInvalid, .functionNotSupported, .curveNotSupported, .domainParamsInvalid].contains(self)
    }

    /// As profiles have it.
    var hexadecimal: String { "0x" + String(rawValue, radix: 16) }
}

extension [ConformanceCapability] {
    static let everything = [ConformanceCapability.everything]
    static let none: [ConformanceCapability] = []

    /// Keys of a spec, of whatever origin.
    static func spec(_ spec: String, _ usage: String? = nil, origin: String? = nil) -> [ConformanceCapability] {
        [ConformanceCapability(origin: origin, spec: spec, usage: usage)]
    }
}
