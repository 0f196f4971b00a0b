import ArgumentParser
import FoundationEssentials
import Glibc
import KMSAPIClient

/// Where new credentials go: never into arguments, and into files for their owner alone.
struct SecretOutput: ParsableArguments {
    @Option(
        help: """
            Write the credentials to this new file, of mode 0600. With --profile-name, add them to it if it is there. \
            (default: print them)
            """)
    var output: String?

    @Option(
        help: """
            The profile's name. Without --output it is added to the shared credentials file of the AWS SDKs, or with \
            --state to that of the state directory. (default: the identity's name)
            """)
    var profileName: String?

    /// Finds out where the credentials will go, and that they can go there, before there are any.
    ///
    /// - Parameters:
    ///   - name: The profile's, if none is given.
    ///   - state: A state directory, if one was given.
    func sink(_ name: String, state: String?) throws(CommandFailure) -> SecretSink {
        let profile = profileName ?? name
        try Self.check(profile)
        let sink: SecretSink
        switch (output, profileName) {
        case (let path?, nil): sink = SecretSink(.newFile(path), profile)
        case (let path?, _?): sink = SecretSink(.file(path), profile)
        case (nil, _?): sink = SecretSink(.file(try sharedFile(state)), profile)
        case (nil, nil): sink = SecretSink(.standardOutput, profile)
        }
        try sink.check()
        return sink
    }

    private func sharedFile(_ state: String?) throws(CommandFailure) -> String {
        if let state { return StateDirectory(state).credentials }
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["AWS_SHARED_CREDENTIALS_FILE"], !path.isEmpty { return path }
        guard let home = environment["HOME"], !home.isEmpty else {
            throw CommandFailure("there is no home directory for a credentials file", hint: "give --output FILE")
        }
        // As the AWS CLI makes it. That it is there already is fine, and anything else is told when it is written to.
        unsafe mkdir(home + "/.aws", 0o700)
        return home + "/.aws/credentials"
    }

    private static func check(_ profile: String) throws(CommandFailure) {
        let isGood =
            (1...128).contains(profile.utf8.count)
            && profile.utf8.allSatisfy {
                (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: "[")
            }
        guard isGood else {
            throw CommandFailure(
                "'\(profile)' cannot be a profile's name", hint: "give --profile-name NAME, without blanks")
        }
    }
}

/// Where credentials go.
struct SecretSink {
    enum Place: Hashable {
        case standardOutput
        case newFile(String)
        /// One that may be there.
        case file(String)
    }

    let place: Place
    let profile: String

    init(_ place: Place, _ profile: String) {
        self.place = place
        self.profile = profile
    }

    func check() throws(CommandFailure) {
        switch place {
        case .standardOutput: break
        case .newFile(let path): try NewFile.check(path)
        case .file(let path): try CredentialsFile(path).check(profile)
        }
    }

    /// - Parameter json: What to print in place of the section of a credentials file, where it is printed.
    func take(_ credentials: NewCredentials, json: JSONValue?) throws(CommandFailure) {
        switch place {
        case .standardOutput:
            if isatty(1) == 1 { note("nobody shows this secret again; keep it where others cannot read it") }
            put(json.map { $0.text(isPretty: true) + "\n" } ?? credentials.section(profile), on: 1)
        case .newFile(let path):
            var bytes = Array(credentials.section(profile).utf8)
            defer { bytes.wipe() }
            try NewFile.write(bytes, to: path)
        case .file(let path):
            try CredentialsFile(path).add(credentials.section(profile), profile)
        }
    }

    /// How to use what was written; nil where it was printed.
    var use: String? {
        switch place {
        case .standardOutput: nil
        case .newFile(let path), .file(let path):
            "Use it with: export AWS_SHARED_CREDENTIALS_FILE=\(path) AWS_PROFILE=\(profile)"
        }
    }
}

extension [UInt8] {
    mutating func wipe() {
        unsafe withUnsafeMutableBytes { bytes in
            if let base = bytes.baseAddress { unsafe explicit_bzero(base, bytes.count) }
        }
    }
}
