import FoundationEssentials

extension ConfigurationResolver {
    /// Looks in this process's environment and in the file system.
    package static var system: ConfigurationResolver {
        ConfigurationResolver(environment: ProcessInfo.processInfo.environment) {
            path throws(ClientConfigurationError) in try contents(ofFile: path)
        }
    }

    private static func contents(ofFile path: String) throws(ClientConfigurationError) -> String? {
        // How one says that there is no such file; it cannot be read as one either.
        guard path != "/dev/null", FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ClientConfigurationError(
                "\(path) cannot be read", hint: "check its owner and mode: it is yours, with mode 0600")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ClientConfigurationError("\(path) is not UTF-8 text")
        }
        return text
    }
}
