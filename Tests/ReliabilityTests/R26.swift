import Foundation
import KMSTesting
import Testing

@Suite(.serialized) struct `R26: an operator sees what is broken and what was repaired` {
    private func sum(_ metrics: [String: Double], _ name: String, _ label: String = "") -> Double {
        metrics.filter { $0.key.hasPrefix(name) && (label.isEmpty || $0.key.contains(label)) }.map(\.value).reduce(0, +)
    }

    // X, through the whole server
    @Test func `in readiness, metrics and the audit log, before, during and after an outage`() async throws {
        let server = try await Program.offPool {
            let server = try LiveServer()
            try server.start()
            return server
        }
        let key = try await server.createKey()
        let ciphertext = try await server.encrypt([1], with: key)
        #expect(try server.get("/readyz").status == 200)
        let before = try server.metrics()
        #expect(before["strongroom_ready"] == 1)
        #expect(sum(before, "strongroom_hsm_worker_queue_depth") == 0)
        #expect(sum(before, "strongroom_hsm_worker_generation") >= 2)

        try server.faults.obey("rv * 0x30")
        try await waitUntil("it is not ready") { try server.get("/readyz").status == 503 }
        #expect(try server.get("/healthz").status == 200, "the process is well")
        let during = try server.metrics()
        #expect(during["strongroom_ready"] == 0)
        try await waitUntil("failed starts are counted") {
            sum(try server.metrics(), "strongroom_hsm_worker_failed_starts_total") > 0
        }
        #expect(
            sum(during, "strongroom_hsm_worker_repair_rung", "newWorker")
                + sum(during, "strongroom_hsm_worker_repair_rung", "backOff") > 0)

        try server.faults.clear()
        try await waitUntil("it is ready", seconds: 5) { try server.get("/readyz").status == 200 }
        // Repairs within a worker show with its next canary.
        try server.faults.obey("rv C_Decrypt 0xb3 times 1 shared")
        #expect(try await server.decrypt(ciphertext) == [1])
        try await waitUntil("the repair and its return value are counted") {
            let after = try server.metrics()
            return sum(after, "strongroom_hsm_worker_repairs_total") > 0
                && sum(after, "strongroom_hsm_return_values_total", "C_Decrypt") > 0
        }
        let after = try server.metrics()
        #expect(after["strongroom_ready"] == 1)
        #expect(sum(after, "strongroom_hsm_worker_restarts_total") >= 1)
        #expect(sum(after, "strongroom_requests_total", "\"Decrypt\"") == 1)
        #expect(sum(after, "strongroom_hsm_worker_sessions") >= 2)
        #expect(after.contains { $0.key.hasPrefix("strongroom_hsm_worker_canary_age_seconds") && $0.value < 10 })
        try server.stop()
        let records = try FileManager.default.subpathsOfDirectory(atPath: server.state + "/audit")
            .map { Processes.file(server.state + "/audit/" + $0) }.joined()
        for name in ["LoseHSMWorker", "LoseHSM\"", "RepairHSM"] {
            #expect(records.contains(name), "the audit log has \(name)")
        }
    }

    // X: the server listens, says that it is not ready, and serves by itself when the HSM appears.
    @Test func `also where the HSM is away when the server starts`() async throws {
        let server = try await Program.offPool {
            let server = try LiveServer()
            try server.faults.obey("rv * 0x30")
            try server.start()
            return server
        }
        #expect(try server.get("/healthz").status == 200)
        #expect(try server.get("/readyz").status == 503)
        await #expect(throws: (any Error).self) { _ = try await server.createKey() }
        try server.faults.clear()
        try await waitUntil("it is ready", seconds: 5) { try server.get("/readyz").status == 200 }
        let key = try await server.createKey()
        _ = try await server.encrypt([1], with: key)
        try server.stop()
    }
}
