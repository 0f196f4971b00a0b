/// The sections of an AWS configuration file, read as botocore reads it: with Python's `configparser`.
///
/// Comments are whole lines that begin with `#` or `;`. A name and its value are parted by the first `=` or `:`, names
/// are in any case. A line that is indented more than the setting above continues it: nested settings, such as those
/// below `s3 =`, which are no concern of a KMS client and are left out.
struct INIFile {
    /// Settings by lower-case name, by section header without its brackets.
    private(set) var sections: [String: [String: String]] = [:]

    /// - Throws: An error that names `path` and the line, and quotes nothing: a line may be a secret.
    init(_ text: String, path: String) throws(ClientConfigurationError) {
        var section: String?
        var settingIndent: Int?
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            func refuse(_ reason: String) -> ClientConfigurationError {
                ClientConfigurationError("\(path), line \(index + 1): \(reason)")
            }
            let content = line.trimmingBlanks()
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            let indent = line.prefix(while: { $0.isWhitespace }).count
            if let settingIndent, indent > settingIndent { continue }

            if content.hasPrefix("["), let end = content.lastIndex(of: "]") {
                let name = String(content[content.index(after: content.startIndex)..<end])
                guard sections[name] == nil else { throw refuse("section [\(name)] stands twice") }
                sections[name] = [:]
                section = name
                settingIndent = nil
                continue
            }
            guard let section else { throw refuse("a setting stands before the first section") }
            guard let separator = content.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
                throw refuse("neither a section, nor a setting, nor a comment")
            }
            let name = content[..<separator].trimmingBlanks().lowercased()
            guard sections[section]?[name] == nil else { throw refuse("\(name) stands twice in [\(section)]") }
            sections[section]?[name] = String(content[content.index(after: separator)...].trimmingBlanks())
            settingIndent = indent
        }
    }
}

extension Substring {
    fileprivate func trimmingBlanks() -> Substring {
        var rest = drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
