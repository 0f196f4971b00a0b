import FoundationEssentials
import HSMWorkerProtocol
import KMSCore

/// What the tests in KMSCoreTests/CrashTests.swift and ReliabilityTests/ServerKills.swift tell this program:
///
///     crash-server FOLDER create|due-work|churn|rotate|import|replicate|whole-life SECONDS [before|after STEP]
///
/// FOLDER has `worker.json` (the worker's settings), `softhsm2.conf` and `metadata.sqlite`. SECONDS is the time, since
/// 1970, that the clock shows.
struct Arguments {
    enum Work: String {
        /// Makes one key.
        case create
        /// Brings interrupted creations and due deletions to their end.
        case dueWork = "due-work"
        /// Makes and destroys keys until it is killed.
        case churn
        /// Rotates a key.
        case rotate
        /// Imports material into the key of origin EXTERNAL, for a day.
        case importMaterial = "import"
        /// Makes a multi-Region key, replicates and rotates it, and moves its primary to us-east-1.
        case replicate
        /// Makes, rotates, imports and destroys until it is killed.
        case wholeLife = "whole-life"
    }

    let folder: String
    let work: Work
    let now: Timestamp
    let last: (moment: Steps.Moment, step: Int)?

    init?(_ words: [String]) {
        guard words.count == 4 || words.count == 6, let work = Work(rawValue: words[2]), let now = Int64(words[3])
        else { return nil }
        folder = words[1]
        self.work = work
        self.now = Timestamp(seconds: now)
        guard words.count == 6 else {
            last = nil
            return
        }
        guard let moment = Steps.Moment(rawValue: words[4]), let step = Int(words[5]) else { return nil }
        last = (moment, step)
    }

    var settings: WorkerSettings {
        get throws {
            let json = FileManager.default.contents(atPath: folder + "/worker.json") ?? Data()
            return try JSONDecoder().decode(WorkerSettings.self, from: json)
        }
    }
}
