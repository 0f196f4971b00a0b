import FoundationEssentials
import HSMWorkerProtocol

extension WorkerSettings {
    init(json: [UInt8]) throws {
        self = try JSONDecoder().decode(WorkerSettings.self, from: Data(json))
    }
}

/// What a worker answers as JSON: plain strings and numbers, so that there is nothing that cannot be encoded.
protocol Answer: Encodable {}
extension TokenReport: Answer {}
extension ExportedKey: Answer {}
extension KeyExportFailure: Answer {}
extension WorkerStatus: Answer {}
extension ConformanceMessage: Answer {}

extension Answer {
    var jsonBytes: [UInt8] {
        (try? JSONEncoder().encode(self)).map { Array($0) } ?? []
    }
}
