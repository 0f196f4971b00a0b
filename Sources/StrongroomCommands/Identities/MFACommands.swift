import ArgumentParser
import FoundationEssentials
import Glibc
import KMSAPIClient

struct MFACommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mfa", abstract: "Multi-factor devices: codes of an authenticator besides an access key.",
        discussion: """
            strongroom identity mfa enable --user ann --state DIR

            Policies ask for them by aws:MultiFactorAuthPresent and aws:MultiFactorAuthAge. Credentials that were got \
            with a code are made by: aws sts get-session-token --serial-number ARN --token-code CODE
            """,
        subcommands: [MFAEnable.self, MFAList.self, MFADisable.self]
    )
}

struct MFAEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Give a user a multi-factor device: shows what an authenticator needs, once.",
        discussion: """
            strongroom identity mfa enable --user ann --state DIR

            Shows the secret as a URI that authenticators take, by hand or out of a QR code (qrencode -t ANSI), and \
            asks for two codes that follow each other. It is for a terminal alone.
            """
    )

    @OptionGroup var options: ClientOptions

    @Option(help: "The user.")
    var user: String

    @Option(help: "The device's name. (default: the user's)")
    var deviceName: String?

    func run() async throws {
        guard isatty(0) == 1, isatty(2) == 1 else {
            throw CommandFailure(
                "a device's secret is shown on a terminal alone, and here is none",
                hint: "run the command on a terminal; programs use the AWS SDKs' CreateVirtualMFADevice")
        }
        try await options.withClient { client in
            let made = try await client.call(
                QueryCall("CreateVirtualMFADevice", ["VirtualMFADeviceName": deviceName ?? user]))["VirtualMFADevice"]
            guard let made, let serial = made.text("SerialNumber"),
                let encoded = made.text("Base32StringSeed"), let seed = Data(base64Encoded: encoded)
            else { throw CommandFailure("\(client.configuration.endpoint.url) answered without a device") }
            do {
                show(String(decoding: seed, as: UTF8.self), serial)
                try await enable(serial, client)
            } catch {
                // Its secret is not shown again, so it is of no use.
                _ = try? await client.call(QueryCall("DeleteVirtualMFADevice", ["SerialNumber": serial]))
                throw error
            }
            try options.show(
                JSONValue.object(["SerialNumber": .string(serial)]), "The device \(serial) is \(user)'s from now on.")
        }
    }

    /// On the terminal, not on the standard output, which may go elsewhere.
    private func show(_ seed: String, _ serial: String) {
        let account = serial.split(separator: ":", omittingEmptySubsequences: false).dropFirst(4).first ?? ""
        let owner = "\(user)@\(account)".utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            return byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character))
                ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
        put(
            """
            Give this to your authenticator. Nobody shows it again:
              otpauth://totp/Strongroom:\(owner)?secret=\(seed)&issuer=Strongroom
            Then type two codes that follow each other.

            """, on: 2)
    }

    private func enable(_ serial: String, _ client: KMSAPIClient) async throws {
        for attempt in 1...3 {
            let first = try AuthenticatorCode.ask("First code: ")
            let second = try AuthenticatorCode.ask("Next code:  ")
            do {
                _ = try await client.call(
                    QueryCall(
                        "EnableMFADevice",
                        [
                            "UserName": user, "SerialNumber": serial, "AuthenticationCode1": first,
                            "AuthenticationCode2": second,
                        ]))
                return
            } catch let error as KMSAPIError where error.code == "InvalidAuthenticationCode" && attempt < 3 {
                put("\(error.message)\n", on: 2)
            }
        }
    }
}

struct MFAList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List a user's multi-factor devices, or all of the account.",
        discussion: "strongroom identity mfa list --user ann --state DIR"
    )

    @OptionGroup var options: ClientOptions

    @Option(help: "The user. (default: all)")
    var user: String?

    func run() async throws {
        guard let user else {
            return try await options.list(
                QueryCall("ListVirtualMFADevices"), "VirtualMFADevices", empty: "There are no devices."
            ) { [$0.text("SerialNumber"), $0["User"]?.text("UserName"), $0.text("EnableDate")] }
        }
        try await options.list(
            QueryCall("ListMFADevices", ["UserName": user]), "MFADevices", empty: "\(user) has no devices."
        ) { [$0.text("SerialNumber"), $0.text("UserName"), $0.text("EnableDate")] }
    }
}

struct MFADisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Take a multi-factor device from its user and delete it.",
        discussion: """
            strongroom identity mfa disable arn:aws:iam::111122223333:mfa/ann --user ann --state DIR
            """
    )

    @OptionGroup var options: ClientOptions

    @Argument(help: "The device's serial number.")
    var serialNumber: String

    @Option(help: "The user whose it is.")
    var user: String

    @OptionGroup var confirmation: Confirmation

    func run() async throws {
        try confirmation.ask("This deletes the device \(serialNumber)", otherwise: "nothing was deleted")
        try await options.withClient { client in
            _ = try await client.call(
                QueryCall("DeactivateMFADevice", ["UserName": user, "SerialNumber": serialNumber]))
            _ = try await client.call(QueryCall("DeleteVirtualMFADevice", ["SerialNumber": serialNumber]))
        }
        print(options.json ? "{}" : "\(serialNumber) is gone.")
    }
}
