import XKSCore

/// What GetHealthStatus tells of the proxy and of what is behind it.
package struct XKSProduct: Sendable {
    /// As in `Strongroom 0.1.0`.
    private let model: String
    /// Who made the tokens.
    private let ekmVendor: String
    private let ekmModel: String

    package init(model: String, ekmVendor: String, ekmModel: String) {
        self.model = model
        self.ekmVendor = ekmVendor.isEmpty ? "unknown" : ekmVendor
        self.ekmModel = ekmModel.isEmpty ? "unknown" : ekmModel
    }

    func healthStatus(_ members: [XKSFleetMember]) -> [UInt8] {
        var answer = JSONWriter(capacity: 1024)
        answer.object {
            $0.integer("xksProxyFleetSize", 1)
            $0.string("xksProxyVendor", "Strongroom")
            $0.string("xksProxyModel", model)
            $0.string("ekmVendor", ekmVendor)
            $0.array("ekmFleetDetails", members) { writer, member in
                writer.object {
                    $0.string("id", member.id)
                    $0.string("model", ekmModel)
                    $0.string("healthStatus", member.status.rawValue)
                }
            }
        }
        return answer.bytes
    }
}
