// A worker that means harm: it greets as one does and then answers whatever the seed says. For tests of the API process,
// which must not be led out of bounds, into a loop or into waiting by what a worker says.
//
//   ROGUE_SEED=N ROGUE_MODE=MODE, descriptor 3: as strongroom-hsm-worker
import FoundationEssentials
import Glibc
import HSMWorkerProtocol
import SecureMemory

let socket: Int32 = 3
var generator = Generator(state: environment("ROGUE_SEED").flatMap { UInt64($0) } ?? 1)
let mode = environment("ROGUE_MODE").flatMap(Mode.init) ?? .random

enum Mode: String {
    /// Replies with well-formed frames whose codes and bodies are random.
    case random
    /// Replies whose fields claim to be longer than their frame, or empty.
    case lies
    /// Frames whose own length is wrong: too small, too large, or more than follows.
    case lengths
    /// Replies to what nobody asked, and several to what somebody did.
    case ids
    /// Half of a reply, and then nothing.
    case halves
    /// Nothing but bytes, at once and without end.
    case noise
    /// A list of keys that never ends.
    case endless
    /// A greeting that is no greeting.
    case greeting
}

func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// SplitMix64: the same bytes for the same seed.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: .min ... .max, using: &self) } }
}

func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
        let result = unsafe bytes.withUnsafeBytes { unsafe write(socket, $0.baseAddress! + sent, bytes.count - sent) }
        guard result > 0 else { _exit(0) }
        sent += result
    }
}

func number<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<(T.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> T(T.bitWidth - 8 - 8 * $0)) }
}

func frame(_ id: UInt64, _ code: UInt8, _ body: [UInt8], length: UInt32? = nil) -> [UInt8] {
    number(length ?? UInt32(9 + body.count)) + number(id) + [code] + body
}

func field(_ bytes: [UInt8], claiming size: UInt32? = nil) -> [UInt8] { number(size ?? UInt32(bytes.count)) + bytes }

@MainActor func answer(_ id: UInt64) {
    let code = UInt8.random(in: 0...9, using: &generator)
    switch mode {
    case .random:
        var body: [UInt8] = []
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let size = [0, 1, 4, 16, 27, 28, 60, 3000].randomElement(using: &generator) ?? 0
            body += Bool.random(using: &generator) ? field(generator.bytes(size)) : generator.bytes(size)
        }
        send(frame(id, Bool.random(using: &generator) ? 0 : code, body))
    case .lies:
        let size: UInt32 = [0, 1, 0x7fff_ffff, 0xffff_ffff, 0xffff_fff0, 131_072].randomElement(using: &generator) ?? 0
        let first = Bool.random(using: &generator) ? field(generator.bytes(40)) : []
        send(frame(id, 0, first + field(generator.bytes(20), claiming: size)))
    case .lengths:
        let length: UInt32 =
            [0, 8, 9, 131_068, 131_069, 0xffff_ffff, 0x8000_0000].randomElement(using: &generator) ?? 0
        send(frame(id, 0, generator.bytes(32), length: length))
    case .ids:
        let body = field(generator.bytes(60))
        for other in [id, id, id &+ 1, 0, .max, generator.next()] { send(frame(other, code, body)) }
    case .halves:
        let whole = frame(id, 0, field(generator.bytes(60)))
        send(Array(whole.prefix(Int.random(in: 1..<whole.count, using: &generator))))
    case .noise:
        while true { send(generator.bytes(4096)) }
    case .endless:
        let ids = (0..<Frame.inventoryBatch).flatMap { _ in [UInt8](repeating: 7, count: 16) }
        send(frame(id, 0, number(UInt32(Frame.inventoryBatch)) + ids))
    case .greeting:
        break
    }
}

signal(SIGPIPE, SIG_IGN)
var input = FrameInput(descriptor: socket)
_ = try? input.next()
let report = #"""
    {"module":"rogue","label":"rogue","serial":"1","model":"m","manufacturer":"m","missingMechanisms":[],"lanes":1,\#
    "isMemoryLocked":true}
    """#
switch mode {
case .greeting:
    let greetings = [
        frame(0, 0, field(generator.bytes(300))), frame(0, 0, field(Array("{}".utf8))), frame(9, 0, field([])),
        frame(0, 200, field(Array(repeating: 0x41, count: 100_000))), generator.bytes(100),
    ]
    send(greetings.randomElement(using: &generator) ?? [])
default:
    send(frame(0, 0, field(Array(report.utf8))))
}
// The server asks a new worker how it is, and gives nothing to do to one that does not answer well.
let health = field((try? JSONEncoder().encode(WorkerStatus())).map { Array($0) } ?? [])
while case .frame(let request)? = try? input.next() {
    if request.frameCode == Operation.checkHealth.rawValue, generator.next() % 8 > 0 {
        send(frame(request.frameID, 0, health))
    } else {
        answer(request.frameID)
    }
}
_exit(0)
