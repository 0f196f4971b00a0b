/// The profiles of the shared configuration and credentials files, merged as botocore merges them: where both have a
/// setting, the credentials file's holds.
struct SharedProfiles {
    private(set) var profiles: [String: [String: String]] = [:]
    /// The two files, for error messages.
    let paths: [String]

    /// - Parameter readFile: The text of a file, or nil when there is none. Both files are optional.
    init(
        configPath: String?, credentialsPath: String?, readFile: (String) throws(ClientConfigurationError) -> String?
    ) throws(ClientConfigurationError) {
        paths = [credentialsPath, configPath].compactMap(\.self)
        if let configPath, let text = try readFile(configPath) {
            for (header, settings) in try INIFile(text, path: configPath).sections {
                if let name = Self.profileName(inHeader: header) { profiles[name] = settings }
            }
        }
        if let credentialsPath, let text = try readFile(credentialsPath) {
            for (name, settings) in try INIFile(text, path: credentialsPath).sections {
                profiles[name, default: [:]].merge(settings) { _, new in new }
            }
        }
    }

    /// The name in `profile x` or `profile "x y"`; `default` needs no prefix; other sections are no profiles.
    private static func profileName(inHeader header: String) -> String? {
        if header == "default" { return header }
        let words = header.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == "profile" else { return nil }
        var name = words[1]
        while name.last?.isWhitespace == true { name.removeLast() }
        for quote in ["\"", "'"] as [Character] where name.count >= 2 && name.first == quote && name.last == quote {
            return String(name.dropFirst().dropLast())
        }
        return name.contains(where: \.isWhitespace) ? nil : String(name)
    }
}
