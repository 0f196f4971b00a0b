// The shapes of the model that custom key stores alone have.
extension StringShape {
    static let cloudHSMClusterID = StringShape(
        length: 19...24, pattern: Pattern("cluster-[2-7a-zA-Z]{11,16}") { $0.isClusterID })
    static let customKeyStoreName = StringShape(length: 1...256)
    static let customKeyStoreType = StringShape(values: ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"])
    static let trustAnchorCertificate = StringShape(length: 1...5000)
    static let xksProxyConnectivity = StringShape(values: ["PUBLIC_ENDPOINT", "VPC_ENDPOINT_SERVICE"])
    static let xksProxyURIEndpoint = StringShape(
        length: 10...128,
        pattern: Pattern("^https://[a-zA-Z0-9.-]+$") { text in
            text.hasPrefix("https://") && text.utf8.count > 8
                && text.dropFirst(8).unicodeScalars.allSatisfy { $0 != "_" && $0.isWord || $0 == "." || $0 == "-" }
        })
    static let xksProxyURIPath = StringShape(
        length: 10...128,
        pattern: Pattern("^(/[a-zA-Z0-9\\/_-]+/kms/xks/v\\d{1,2})$|^(/kms/xks/v\\d{1,2})$") { $0.isXKSProxyPath })
    static let xksProxyVPCEndpointServiceName = StringShape(
        length: 20...64,
        pattern: Pattern("^(com|eu)\\.amazonaws\\.vpce\\.([a-z]+-){2,3}\\d+\\.vpce-svc-[0-9a-z]+$") {
            $0.isVPCEndpointService
        })
    static let accountID = StringShape(length: 12...12, pattern: Pattern("[0-9]{12}") { $0.isDigits })
    static let xksProxyAccessKeyID = StringShape(
        length: 20...30,
        pattern: .characters("^[A-Z2-7]+$") { ("A"..."Z").contains($0) || ("2"..."7").contains($0) })
    static let xksProxySecretAccessKey = StringShape(
        length: 43...64,
        pattern: .characters("^[a-zA-Z0-9\\/+=]+$") { $0 != "_" && $0.isWord || $0 == "/" || $0 == "+" || $0 == "=" })
}

extension StringProtocol {
    fileprivate var isDigits: Bool {
        !isEmpty && utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    fileprivate var isLowerCaseLetters: Bool {
        !isEmpty && utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    }

    fileprivate var isClusterID: Bool {
        let name = dropFirst(8)
        return hasPrefix("cluster-") && (11...16).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { $0.isWord && !"0189_".unicodeScalars.contains($0) }
    }

    fileprivate var isXKSProxyPath: Bool {
        guard let version = range(ofLast: "/kms/xks/v"), (1...2).contains(self[version...].utf8.count),
            self[version...].isDigits
        else { return false }
        let prefix = self[..<index(version, offsetBy: -10)]
        guard !prefix.isEmpty else { return true }
        return prefix.hasPrefix("/") && prefix.utf8.count > 1
            && prefix.unicodeScalars.allSatisfy { $0.isWord || $0 == "/" || $0 == "-" }
    }

    /// Where what follows the last `text` begins, if there is one.
    private func range(ofLast text: String) -> Index? {
        var place = endIndex
        while place > startIndex {
            if self[..<place].hasSuffix(text) { return place }
            place = index(before: place)
        }
        return nil
    }

    fileprivate var isVPCEndpointService: Bool {
        let parts = split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "com" || parts[0] == "eu", parts[1] == "amazonaws", parts[2] == "vpce",
            parts[4].hasPrefix("vpce-svc-")
        else { return false }
        let region = parts[3].split(separator: "-", omittingEmptySubsequences: false)
        let service = parts[4].dropFirst(9)
        return (3...4).contains(region.count) && region.dropLast().allSatisfy(\.isLowerCaseLetters)
            && region.last?.isDigits == true && !service.isEmpty
            && service.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
            }
    }
}
