// A server without its front: the real key store on the real database and the real workers, which ends by SIGKILL at
// the step that it is told. See Arguments.swift, and KMSCoreTests/CrashTests.swift for what is proved with it.

import FoundationEssentials
import Glibc
import HSMClient
import HSMWorkerProtocol
import KMSCore
import Logging
import SQLiteStore

guard let arguments = Arguments(CommandLine.arguments) else {
    print("crash-server FOLDER create|due-work|churn|rotate|import|replicate|whole-life SECONDS [before|after STEP]")
    exit(2)
}

/// Keeps no records, tells nobody anything, and knows nobody.
struct NoRecords: KeyStoreEventSink, AuditSink, PrincipalDirectory {
    func record(_: KeyStoreEvent) {}
    func checkAccepting() {}
    func append(_: AuditRecord) {}
    func append(durably _: [OutboxItem]) async {}
    func look(up _: String) -> PrincipalLookup { .unknown }
}

// As `strongroom serve` does: the workers inherit the lock, so whoever gets it next knows that none is left.
let lock = unsafe open(arguments.folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
guard lock >= 0, flock(lock, LOCK_EX) == 0 else { exit(3) }

let steps = Steps(last: arguments.last)
let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
let client = HSMClient(
    HSMClientConfiguration(
        workerProgram: program.dropLast("crash-server".count) + "strongroom-hsm-worker",
        settings: try arguments.settings,
        environment: ["SOFTHSM2_CONF": arguments.folder + "/softhsm2.conf"],
        lock: lock
    ),
    logger: Logger(label: "crash-server") { _ in SwiftLogNoOpLogHandler() }
)
_ = try await client.tokenReport()

let clock = MovingClock(arguments.now)
let metadata = CountedStore(store: try SQLiteStore(path: arguments.folder + "/metadata.sqlite"), steps: steps)
let store = KeyStore(
    backend: CountedBackend(backend: client, steps: steps),
    journal: Journal(metadata: metadata, clock: clock, sink: NoRecords(), events: nil),
    principals: NoRecords(), quotas: RequestQuotas(.unlimited, clock: clock), events: NoRecords()
)
store.start(try await metadata.load())

let account = AccountID("111122223333")!
let caller = CallContext(
    caller: .root(of: account), region: Region("eu-central-1")!
)
switch arguments.work {
case .create: _ = try await store.createKey(NewKey(), by: caller)
case .dueWork: try await store.performDueWork()
case .churn: try await store.churn(clock, by: caller)
case .rotate: try await store.rotateFirst(by: caller)
case .importMaterial: try await store.importFirst(at: clock.now, by: caller)
case .replicate: try await store.replicateNew(to: Region("us-east-1")!, by: caller)
case .wholeLife: try await store.liveOn(clock, by: caller)
}
client.stop()
