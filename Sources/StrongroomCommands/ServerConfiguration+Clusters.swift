import FoundationEssentials
import KMSCore

// What custom key stores of type AWS_CLOUDHSM may name. The operator decides here which tokens there are.
extension ServerConfiguration {
    struct Cluster: Codable, Sendable {
        var module: String
        /// RFC 7512.
        var token: String
        /// A profile file; a path that is not absolute counts from the state directory. That of hsm by default.
        var profile: String?
        /// A PEM file: the certificate that key stores have to be made with. Any is taken by default.
        var trustAnchor: String?
        /// The account whose key stores may name it; the operator's by default.
        var account: String?
    }

    /// What is wrong with a cluster is told before anything is started.
    func checkClusters() throws(CommandFailure) {
        for (id, cluster) in (clusters ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard Self.isClusterID(id) else {
                throw CommandFailure(
                    "clusters: \(id) is no cluster id",
                    hint: "it is cluster- and 11 to 16 letters and digits from 2 to 7, as in cluster-2a34b5cdefg; "
                        + "choose any, key stores name it")
            }
            if let account = cluster.account, AccountID(account) == nil {
                throw CommandFailure("clusters.\(id).account is not 12 digits", hint: "write it in quotes")
            }
        }
    }

    private static func isClusterID(_ text: String) -> Bool {
        let name = text.utf8.dropFirst(8)
        return text.hasPrefix("cluster-") && (11...16).contains(name.count)
            && name.allSatisfy { character in
                switch character {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "2")...UInt8(ascii: "7"):
                    true
                default: false
                }
            }
    }

    /// The certificate of a cluster's file, in PEM; nil where none is named.
    func trustAnchor(of cluster: Cluster, in state: StateDirectory) throws(CommandFailure) -> String? {
        guard let file = cluster.trustAnchor else { return nil }
        let path = state.resolve(file)
        guard let data = FileManager.default.contents(atPath: path), data.count <= 65_536 else {
            throw CommandFailure(
                "the trust anchor \(path) cannot be read, or is too long",
                hint: "clusters: in strongroom.yaml names it: the content of the cluster's customerCA.crt")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
