import FoundationEssentials
import Glibc
import HSMWorkerProtocol

extension ProfileFile {
    /// The path of a profile's file: of `name` itself where it is a path, else of the file of that name in `hsm-config`,
    /// in the current folder or where the program is installed.
    static func locate(_ name: String) throws(CommandFailure) -> String {
        if name.contains("/") || name.hasSuffix(".yaml") { return name }
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let place = program.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
        let folders = [
            "hsm-config", "/etc/strongroom/hsm-config", "/usr/share/strongroom/hsm-config",
            // Beside an installed bin/, and above .build/CONFIGURATION/.
            place + "/../share/strongroom/hsm-config", place + "/../../../hsm-config",
        ]
        for folder in folders {
            let path = "\(folder)/\(name).yaml"
            if unsafe access(path, R_OK) == 0 { return path }
        }
        throw CommandFailure("there is no HSM profile named \(name)", hint: "give --profile the path of its file")
    }
}

extension HSMProfile {
    /// The first of the modules that is on this machine.
    var installedModule: String? { module.first { unsafe access($0, R_OK) == 0 } }
}
