import ArgumentParser
import Glibc

/// Asks before something is gone for good.
struct Confirmation: ParsableArguments {
    @Flag(help: "Do not ask.")
    var yes = false

    /// - Parameters:
    ///   - what: A sentence of what would happen, without its full stop.
    ///   - refusal: What to tell who says no.
    func ask(_ what: String, otherwise refusal: String) throws(CommandFailure) {
        guard !yes else { return }
        guard isatty(0) == 1 else {
            throw CommandFailure(
                what.prefix(1).lowercased() + what.dropFirst() + ", and there is nobody to ask",
                hint: "add --yes to do it")
        }
        put("\(what). Type yes to go on: ", on: 2)
        guard readLine() == "yes" else { throw CommandFailure(refusal) }
    }
}
