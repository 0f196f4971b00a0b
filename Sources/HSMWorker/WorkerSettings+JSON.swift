import FoundationEssentials
import HSMWorkerProtocol

extension WorkerSettings {
    init(json: [UInt8]) throws {
        self = try JSONDecoder().decode(WorkerSettings.self, from: Data(json))
    }
}

extension TokenReport {
    var jsonBytes: [UInt8] {
        // Plain strings and numbers: there is nothing in it that cannot be encoded.
        (try? JSONEncoder().encode(self)).map { Array($0) } ?? []
    }
}

extension ExportedKey {
    var jsonBytes: [UInt8] {
        (try? JSONEncoder().encode(self)).map { Array($0) } ?? []
    }
}
