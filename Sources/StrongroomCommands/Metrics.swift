import HSMClient
import HSMWorkerProtocol
import KMSServer
import XKSClient
import XKSProxy

/// What `GET /metrics` answers: OpenMetrics 1.0, which Prometheus reads.
struct Metrics: Sendable {
    /// Each token's name, and how it is now.
    let tokens: @Sendable () -> [(name: String, status: HSMStatus)]
    /// The same of the tokens that custom key stores are in.
    var keyStores: @Sendable () -> [(name: String, status: HSMStatus)] = { [] }
    /// The proxies of external key stores.
    var proxies: @Sendable () -> [ProxyStatus] = { [] }
    let requests: RequestCounters
    /// Nil where no XKS proxy is served.
    var xks: XKSCounters?

    var text: String {
        let own = tokens()
        let tokens = own + keyStores()
        var page = MetricsText()
        page.family("strongroom_ready", .gauge, "Whether a request that needs the HSM would be served now.") {
            $0.sample(own.contains { $0.status.isReady } ? 1 : 0)
        }
        page.family("strongroom_requests", .counter, "AWS KMS requests answered, by operation and error code.") {
            for (outcome, count) in requests.counts {
                $0.sample(Double(count), [("operation", outcome.operation), ("error", outcome.error ?? "")])
            }
        }
        if let xks { addProxy(xks.counts, to: &page) }
        addExternalKeyStores(proxies(), to: &page)
        page.family("strongroom_hsm_ready", .gauge, "Whether the token serves.") {
            for (name, status) in tokens { $0.sample(status.isReady ? 1 : 0, [("token", name)]) }
        }
        let workers = tokens.flatMap { token in
            token.status.workers.enumerated().map { (labels: [("token", token.name), ("worker", "\($0)")], of: $1) }
        }
        func perWorker(
            _ name: String, _ kind: MetricsText.Kind, _ help: String, _ value: (HSMStatus.Worker) -> Double?
        ) {
            page.family("strongroom_hsm_worker_" + name, kind, help) {
                for worker in workers {
                    if let value = value(worker.of) { $0.sample(value, worker.labels) }
                }
            }
        }
        perWorker("ready", .gauge, "Whether the worker serves.") { $0.phase == .ready ? 1 : 0 }
        perWorker("generation", .gauge, "The number of the worker's process.") { Double($0.generation) }
        perWorker("queue_depth", .gauge, "Requests that wait for the worker.") { Double($0.pending) }
        perWorker("slow_requests", .gauge, "Slow requests among them.") { Double($0.slow) }
        perWorker("restarts", .counter, "Processes that ended after they had served.") { Double($0.restarts) }
        perWorker("failed_starts", .counter, "Attempts to start a process that failed.") { Double($0.failedStarts) }
        perWorker("last_sign_seconds", .gauge, "Seconds since anything came from the worker.") { $0.lastSignAge }
        perWorker("canary_age_seconds", .gauge, "Seconds since the worker last answered a canary well.") {
            $0.canaryAge
        }
        perWorker("failed_canaries", .counter, "Canaries that the worker did not answer well.") {
            Double($0.failedCanaries)
        }
        perWorker("sessions", .gauge, "Open PKCS#11 sessions.") { $0.report.map { Double($0.sessions) } }
        perWorker("keys", .gauge, "Keys that are resolved.") { $0.report.map { Double($0.keys) } }
        perWorker("key_copies", .gauge, "Session copies of keys.") { $0.report.map { Double($0.copies) } }
        perWorker("logins", .counter, "Calls of C_Login.") { Double($0.totals.logins) }
        page.family("strongroom_hsm_worker_repair_rung", .gauge, "The rung of the repair ladder that is being taken.") {
            for worker in workers {
                for rung in HSMStatus.Rung.allCases {
                    $0.sample(worker.of.rung == rung ? 1 : 0, worker.labels + [("rung", rung.rawValue)])
                }
            }
        }
        page.family("strongroom_hsm_worker_repairs", .counter, "What the worker renewed by itself.") {
            for worker in workers {
                for (rung, count) in worker.of.totals.repairs.sorted(by: { $0.key < $1.key }) {
                    $0.sample(Double(count), worker.labels + [("rung", rung)])
                }
            }
        }
        page.family("strongroom_hsm_return_values", .counter, "PKCS#11 calls that did not succeed, by return value.") {
            for worker in workers {
                for (call, count) in worker.of.totals.returnValues.sorted(by: { $0.key < $1.key }) {
                    let words = call.split(separator: " ", maxSplits: 1).map(String.init)
                    $0.sample(
                        Double(count),
                        worker.labels + [("function", words.first ?? ""), ("value", words.count > 1 ? words[1] : "")])
                }
            }
        }
        return page.finished
    }
}

extension Metrics {
    private func addExternalKeyStores(_ proxies: [ProxyStatus], to page: inout MetricsText) {
        func perStore(_ name: String, _ help: String, _ value: (ProxyStatus) -> Bool) {
            page.family("strongroom_external_key_store_" + name, .gauge, help) {
                for proxy in proxies { $0.sample(value(proxy) ? 1 : 0, [("key_store", "\(proxy.keyStore)")]) }
            }
        }
        func perOutcome(_ name: String, _ help: String, _ value: (XKSClientCounters.Count) -> Double) {
            page.family("strongroom_external_key_store_" + name, .counter, help) {
                for proxy in proxies {
                    let labelled = proxy.counts.map { outcome, count in
                        (outcome.operation, outcome.failure.map { "\($0)" } ?? "", value(count))
                    }
                    for (operation, failure, value) in labelled.sorted(by: { ($0.0, $0.1) < ($1.0, $1.1) }) {
                        $0.sample(
                            value,
                            [("key_store", "\(proxy.keyStore)"), ("operation", operation), ("failure", failure)])
                    }
                }
            }
        }
        perStore("healthy", "Whether the key store's XKS proxy answered well when it was last asked.", \.isHealthy)
        perStore("suspended", "Whether requests are refused because the proxy was not reached.", \.isSuspended)
        perOutcome("requests", "Requests to XKS proxies, by key store, operation and failure.") { Double($0.requests) }
        perOutcome("request_seconds", "The time that these requests took.") { $0.time.inSeconds }
    }

    private func addProxy(
        _ counts: [(outcome: XKSCounters.Outcome, count: XKSCounters.Count)], to page: inout MetricsText
    ) {
        func labels(_ outcome: XKSCounters.Outcome) -> [(String, String)] {
            [("store", outcome.store), ("operation", outcome.operation), ("error", outcome.error ?? "")]
        }
        page.family("strongroom_xks_requests", .counter, "Requests to the XKS proxy, by store, operation and error.") {
            for (outcome, count) in counts { $0.sample(Double(count.requests), labels(outcome)) }
        }
        page.family("strongroom_xks_request_seconds", .counter, "The time that these requests took.") {
            for (outcome, count) in counts { $0.sample(count.time.inSeconds, labels(outcome)) }
        }
    }
}

extension Duration {
    fileprivate var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// Writes the format: families of samples, each with its kind and its meaning.
struct MetricsText {
    enum Kind: String {
        case gauge, counter
    }

    private var text = ""
    private var name = ""

    mutating func family(_ name: String, _ kind: Kind, _ help: String, _ write: (inout MetricsText) -> Void) {
        text += "# TYPE \(name) \(kind.rawValue)\n# HELP \(name) \(help)\n"
        self.name = kind == .counter ? name + "_total" : name
        write(&self)
    }

    mutating func sample(_ value: Double, _ labels: [(String, String)] = []) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
        }
        text += value == value.rounded() && abs(value) < 1e15 ? " \(Int64(value))\n" : " \(value)\n"
    }

    var finished: String { text + "# EOF\n" }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
    }
}
