import HSMWorker
package import HSMWorkerProtocol
import PKCS11
import SecureMemory

/// Tries on a real token what the key store needs of it, in objects of its own.
///
/// It never tries a wrong PIN, never sets one, never initialises a token, and changes no object that it did not make.
package enum Conformance {
    /// Runs one group of checks and tells of it; or, as the request's scope says, only tells of the token, or only
    /// removes.
    package static func run(
        _ settings: WorkerSettings, _ request: ConformanceRequest, _ tell: @escaping (ConformanceMessage) -> Void
    ) throws {
        let pin = try WorkerBench.readPIN(settings.pinSource)
        WorkerBench.labelObjects(ConformanceObjects.label)
        let bench = try Bench(settings, request, pin: consume pin, tell)
        tell(.token(bench.worker.report))
        if let order = request.partner {
            try Partner.run(order, bench, tell)
            return tell(.ended(removed: 0))
        }
        if request.scope == .look { return tell(.ended(removed: 0)) }
        bench.objects.sweep()
        if request.scope == .removal { return tell(.ended(removed: bench.objects.removed)) }
        // What holds of the token is found out first, so that the checks use it as its starting profile would.
        bench.tune()
        for check in checks(request.group, bench) where !request.skip.contains(check.id) {
            tell(.begins(check: check.id, fact: check.fact, concerns: check.concerns))
            let outcome = check.run(bench)
            bench.objects.removeAll()
            // What was cut short found nothing.
            if bench.isStopped { break }
            tell(.finding(check.finding(outcome)))
        }
        bench.objects.sweep()
        tell(.ended(removed: bench.objects.removed))
    }

    static func checks(_ group: ConformanceGroup, _ bench: Bench) -> [Check] {
        switch group {
        case .initialization: InitializationChecks.all
        case .login: LoginChecks.all
        case .sessions: SessionChecks.all
        case .attributes: AttributeChecks.all
        case .objects: ObjectChecks.all
        case .concurrency: ConcurrencyChecks.all(bench)
        case .aesGCM: AESGCMChecks.all(bench)
        case .encryptThenMAC: EncryptThenMACChecks.all(bench)
        case .hmac: HMACChecks.all
        case .rsa: RSAChecks.all
        case .ec: ECChecks.all
        case .wrapping: WrappingChecks.all
        case .processes: ProcessChecks.all
        case .random: RandomChecks.all
        case .leaks: LeakChecks.all(bench)
        case .speed: SpeedChecks.all(bench)
        }
    }
}
