import Glibc
import StrongroomCommands

// Done here and not by ArgumentParser, so that every error has the same two lines: error and hint.
exit(await StrongroomCommand.run(Array(CommandLine.arguments.dropFirst())))
