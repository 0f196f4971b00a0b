import HSMClient
import HSMWorkerProtocol
import KMSServer
import Testing

@testable import StrongroomCommands

@Suite struct `The text of metrics` {
    @Test func `names each family once, counters with _total, and ends as OpenMetrics does`() {
        var text = MetricsText()
        text.family("a", .gauge, "What a is.") { $0.sample(1.5) }
        text.family("b", .counter, "What b is.") { $0.sample(7, [("x", "1"), ("y", "2")]) }
        #expect(
            text.finished == """
                # TYPE a gauge
                # HELP a What a is.
                a 1.5
                # TYPE b counter
                # HELP b What b is.
                b_total{x="1",y="2"} 7
                # EOF

                """)
    }

    @Test func `keeps what stands in a label from ending it`() {
        var text = MetricsText()
        text.family("a", .gauge, "What a is.") { $0.sample(0, [("x", "1\"} 5\n\\")]) }
        #expect(text.finished.contains(#"a{x="1\"} 5\n\\"} 0"#))
    }

    @Test func `says that nothing is ready where no token is`() {
        let text = Metrics(tokens: { [] }, requests: RequestCounters()).text
        #expect(text.contains("\nstrongroom_ready 0\n"))
    }
}

@Suite struct `The PIN's source in strongroom.yaml` {
    private func source(_ edit: (inout ServerConfiguration.PIN) -> Void) throws(CommandFailure) -> PINSource {
        var pin = ServerConfiguration.PIN()
        edit(&pin)
        return try pin.source(in: StateDirectory("/state"))
    }

    @Test func `is a file, a credential, a command, a descriptor or a variable`() throws {
        #expect(try source { $0.file = "pin" } == .file("/state/pin"))
        #expect(try source { $0.credential = "pin" } == .credential("pin"))
        #expect(try source { $0.command = ["/bin/pin", "x"] } == .command(["/bin/pin", "x"]))
        #expect(try source { $0.descriptor = 3 } == .descriptor(3))
        #expect(try source { $0.env = "PIN" } == .environment("PIN"))
    }

    @Test func `is one of them, and a possible one`() {
        #expect(throws: CommandFailure.self) { try source { _ in } }
        #expect(throws: CommandFailure.self) {
            try source {
                $0.file = "pin"
                $0.env = "PIN"
            }
        }
        #expect(throws: CommandFailure.self) { try source { $0.descriptor = 2 } }
        #expect(throws: CommandFailure.self) { try source { $0.env = "PIN=1" } }
        #expect(throws: CommandFailure.self) { try source { $0.command = [] } }
    }
}
