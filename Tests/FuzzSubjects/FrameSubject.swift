import Glibc
import HSMWorkerProtocol
import SecureMemory

/// A stream of frames as either side of the worker's socket reads it: cut the same way whatever pieces it comes in, and
/// every field within its frame.
public func fuzzFrame(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let stream = Array(bytes.dropFirst())
    let whole = frames(of: stream, inPiecesOf: stream.count)
    precondition(whole == frames(of: stream, inPiecesOf: 1 + Int(first)))
}

/// The frames that are cut from a stream that comes in pieces, until it ends or breaks a rule.
private func frames(of stream: [UInt8], inPiecesOf size: Int) -> [[UInt8]] {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0, fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 else { fatalError("no pipe") }
    defer {
        close(ends[0])
        close(ends[1])
    }
    var input = FrameInput(descriptor: ends[0])
    var found: [[UInt8]] = []
    var offset = 0
    while offset < stream.count {
        let piece = Array(stream[offset..<min(stream.count, offset + max(size, 1))])
        guard unsafe write(ends[1], piece, piece.count) == piece.count else { fatalError("the pipe is full") }
        offset += piece.count
        reading: while true {
            switch try? input.next() {
            case .frame(let frame):
                walk(frame)
                found.append(frame.withExposedBytes { unsafe $0.withUnsafeBytes { unsafe Array($0) } })
            case .timeout: break reading
            case .closed, nil: return found
            }
        }
    }
    return found
}

/// Reads a frame's fields in an order that its own bytes choose, as no operation of ours would.
private func walk(_ frame: SecureBuffer) {
    var fields = FrameCursor(frame)
    var choice = frame.frameCode
    for _ in 0..<64 {
        choice = choice &* 5 &+ 3
        do throws(FrameError) {
            switch choice % 6 {
            case 0: _ = try fields.integer(as: UInt8.self)
            case 1: _ = try fields.integer(as: UInt16.self)
            case 2: _ = try fields.integer(as: UInt64.self)
            case 3: _ = try fields.secret()
            case 4: _ = try fields.text()
            default:
                let field = try fields.field()
                precondition(field.lowerBound >= Frame.headerSize && field.upperBound <= frame.count)
            }
        } catch {
            return
        }
    }
}
