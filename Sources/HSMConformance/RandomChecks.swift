import HSMWorker
import HSMWorkerProtocol
import PKCS11

enum RandomChecks {
    static var all: [Check] {
        [
            Check(
                "random.lengths", "The generator gives 1, 12, 32, 1,024 and 65,536 bytes.", concerns: .everything,
                otherwise: "There are no IVs, data keys and random bytes.", lengths),
            Check(
                "random.repeats", "65,536 values of 16 bytes from two sessions do not repeat.", concerns: .everything,
                otherwise: "Data keys and IVs can be guessed.", repeats),
            Check(
                "random.distribution", "Bytes and bits are evenly distributed, as far as 262,144 of them tell.",
                concerns: .everything, otherwise: "Data keys and IVs can be guessed.", distribution),
            Check(
                "random.processes", "Two processes do not get the same bytes.", concerns: .everything,
                otherwise: "Two workers make the same data keys and IVs.", processes),
        ]
    }

    private static func lengths(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        for count in [1, 12, 32, 1020, 1024] where try session.random(count).count != count {
            return .fail("\(count) bytes are not given")
        }
        do throws(PKCS11Error) {
            let many = try session.random(65_536)
            guard many.suffix(64).contains(where: { $0 != 0 }) else { return .fail("65,536 bytes end in zeros") }
        } catch {
            return .quirk("up to 1,024 bytes, which is all that the worker asks for; for 65,536: \(error)")
        }
        return .pass("each of them")
    }

    private static func bytes(_ count: Int, in session: borrowing Session) throws(PKCS11Error) -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count { all += try session.random(1024) }
        return all
    }

    private static func repeats(_ bench: Bench) throws -> Outcome {
        let first = try bench.session()
        let second = try bench.session()
        var seen: Set<[UInt8]> = []
        for _ in 0..<512 {
            let block = try first.random(1024) + second.random(1024)
            for start in stride(from: 0, to: block.count, by: 16) { seen.insert(Array(block[start..<(start + 16)])) }
        }
        return seen.count == 65_536 ? .pass("65,536 values") : .fail("\(seen.count) of 65,536 values differ")
    }

    private static func distribution(_ bench: Bench) throws -> Outcome {
        let session = try bench.session()
        let all = try bytes(262_144, in: session)
        var counts = [Double](repeating: 0, count: 256)
        var ones = 0
        for byte in all {
            counts[Int(byte)] += 1
            ones += byte.nonzeroBitCount
        }
        let expected = Double(all.count) / 256
        let square = counts.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
        let bias = Double(ones) / Double(all.count * 8)
        let measured = [ConformanceMeasurement("chi-square of bytes (255 degrees of freedom)", square, "")]
        // 255 with a standard deviation of 22.6: six of those either way, as one in a thousand million is.
        let detail = "chi-square \(Int(square)) of 255, \((bias * 1_000_000).rounded() / 10_000) % ones"
        let isEven = (119...391).contains(square) && abs(bias - 0.5) < 0.0022
        return isEven ? .pass(detail, measurements: measured) : .fail(detail)
    }

    private static func processes(_ bench: Bench) throws -> Outcome {
        let mine = try bench.session().random(1024)
        let other = try Partner.start(.random(count: 1024), bench).result().map { UInt8(truncatingIfNeeded: $0) }
        guard other.count == 1024 else { return .fail("the second process gave \(other.count) bytes") }
        let words = Set(stride(from: 0, to: 1024, by: 8).map { Array(mine[$0..<($0 + 8)]) })
        let common = stride(from: 0, to: 1024, by: 8).filter { words.contains(Array(other[$0..<($0 + 8)])) }.count
        return common == 0 ? .pass("1,024 bytes each") : .fail("\(common) of 128 words are the same")
    }
}
