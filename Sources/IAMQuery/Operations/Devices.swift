import FoundationEssentials
import IAMCore
import KMSCore
import SecureMemory

struct CreateVirtualDeviceRequest: QueryRequest {
    static let action = "CreateVirtualMFADevice"
    private let name: String
    private let path: String
    private let tags: [Tag]

    init(from parameters: inout ParameterReader) throws(QueryError) {
        name = parameters.requiredString("VirtualMFADeviceName", .deviceName)
        path = parameters.string("Path", .path) ?? "/"
        tags = try parameters.tags()
    }

    func check() throws(QueryError) {
        guard tags.isEmpty else {
            throw .validation("Tags of multi-factor devices are not supported: leave the parameter 'Tags' out.")
        }
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        let device = try await identities.createVirtualDevice(name, path: path, by: context)
        return [
            .element(
                "VirtualMFADevice", .text("SerialNumber", device.serialNumber),
                // A blob of the model, so that the base32 text is in base64 besides.
                .secret("Base32StringSeed") { answer in
                    device.seed.withExposedBytes { bytes in
                        answer += unsafe Data(bytes.withUnsafeBytes { unsafe Data($0) }.base64EncodedData())
                    }
                })
        ]
    }
}

struct EnableDeviceRequest: QueryRequest {
    static let action = "EnableMFADevice"
    private let user: String
    private let serialNumber: String
    private let first: String
    private let second: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        user = parameters.requiredString("UserName", .userName)
        serialNumber = parameters.requiredString("SerialNumber", .serialNumber)
        first = parameters.requiredSecret("AuthenticationCode1", .authenticationCode)
        second = parameters.requiredSecret("AuthenticationCode2", .authenticationCode)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.enableDevice(serialNumber, ofUser: user, codes: first, second, by: context)
        return nil
    }
}

struct DeactivateDeviceRequest: QueryRequest {
    static let action = "DeactivateMFADevice"
    private let user: String?
    private let serialNumber: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        user = parameters.string("UserName", .userName)
        serialNumber = parameters.requiredString("SerialNumber", .serialNumber)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.deactivateDevice(serialNumber, ofUser: user, by: context)
        return nil
    }
}

struct DeleteVirtualDeviceRequest: QueryRequest {
    static let action = "DeleteVirtualMFADevice"
    private let serialNumber: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        serialNumber = parameters.requiredString("SerialNumber", .serialNumber)
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try await identities.deleteVirtualDevice(serialNumber, by: context)
        return nil
    }
}

struct ListDevicesRequest: QueryRequest {
    static let action = "ListMFADevices"
    private let user: String?
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        user = parameters.string("UserName", .userName)
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        .page("MFADevices", try identities.listDevices(ofUser: user, page, by: context)) { device in
            [
                .text(ifPresent: "UserName", device.user), .text("SerialNumber", device.serialNumber),
                device.enableDate.map { .date("EnableDate", $0) },
            ].compactMap(\.self)
        }
    }
}

struct ListVirtualDevicesRequest: QueryRequest {
    static let action = "ListVirtualMFADevices"
    private let assignment: DeviceAssignment
    private let page: PageRequest

    init(from parameters: inout ParameterReader) throws(QueryError) {
        assignment = parameters.choice("AssignmentStatus", of: [.assigned, .unassigned, .any]) ?? .any
        page = try parameters.page()
    }

    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        .page("VirtualMFADevices", try identities.listVirtualDevices(assignment, page, by: context)) { device in
            [
                .text("SerialNumber", device.serialNumber), device.enableDate.map { .date("EnableDate", $0) },
                identities.owner(of: device).map { .element("User", $0.members(isListed: true)) },
            ].compactMap(\.self)
        }
    }
}

struct ListDeviceTagsRequest: QueryRequest {
    static let action = "ListMFADeviceTags"
    private let serialNumber: String

    init(from parameters: inout ParameterReader) throws(QueryError) {
        serialNumber = parameters.requiredString("SerialNumber", .serialNumber)
        _ = try parameters.page()
    }

    /// They have none.
    func perform(on identities: IdentityStore, by context: CallContext) async throws(KMSError) -> [XMLNode]? {
        try identities.checkThere(device: serialNumber, for: "iam:" + Self.action, by: context)
        return [.tags([Tag]()), .flag("IsTruncated", false)]
    }
}
