import NIOHTTP1
import SigV4

extension KMSAPIClient {
    /// Calls an operation of IAM or STS, and gives its result back: the element `…Result`, empty where there is none.
    ///
    /// - Throws: ``KMSAPIError`` for the service's answer, ``KMSTransportError`` when there was none.
    package func call(_ call: QueryCall) async throws -> XMLElement {
        let (endpoint, region) = try configuration.place(of: call.api)
        let headers = [(name: "content-type", value: "application/x-www-form-urlencoded; charset=utf-8")]
        let signer = SigV4Signer(
            credential: configuration.credential, region: region, service: call.api.rawValue)
        let request = UnsignedRequest(endpoint: endpoint, signer: signer, headers: headers, body: call.body)
        let answer = try await self.call(call.action, request) { status, headers, body in
            KMSAPIError(httpStatus: status, xml: body, requestID: headers.first(name: "x-amzn-requestid"))
        }
        do {
            let root = try XMLElement(parsing: answer)
            guard root.name == call.action + "Response" else { throw XMLError("it is a \(root.name)", at: 0) }
            return root[call.action + "Result"] ?? XMLElement(name: call.action + "Result")
        } catch {
            throw KMSTransportError(
                "\(endpoint.url) answered \(call.action) with something else than its result",
                hint: "is this the endpoint of \(call.api.rawValue.uppercased())?", cause: error)
        }
    }

    /// Calls a List operation until it has no more pages, and gives all elements of one of its lists back.
    package func list(_ call: QueryCall, _ list: String) async throws -> [XMLElement] {
        var elements: [XMLElement] = []
        var call = call
        while true {
            let page = try await self.call(call)
            elements += page.members(list)
            guard page.text("IsTruncated") == "true", let marker = page.text("Marker") else { return elements }
            guard marker != call.parameters["Marker"] else {
                // Following it would never end.
                throw KMSTransportError("\(configuration.endpoint.url) gives the same page of \(call.action) again")
            }
            call.parameters["Marker"] = marker
        }
    }
}

extension ClientConfiguration {
    /// Where an API is, and the Region that requests for it are signed for. A server has them all at one place; at AWS
    /// each has its own, and IAM is the same in all Regions.
    func place(of api: QueryAPI) throws(ClientConfigurationError) -> (Endpoint, region: String) {
        guard endpoint == (try? Endpoint(awsRegion: region)) else { return (endpoint, region) }
        let isChina = region.hasPrefix("cn-")
        let suffix = isChina ? "amazonaws.com.cn" : "amazonaws.com"
        switch api {
        case .iam where isChina: return (try Endpoint("https://iam.cn-north-1.\(suffix)"), "cn-north-1")
        case .iam: return (try Endpoint("https://iam.\(suffix)"), "us-east-1")
        case .sts: return (try Endpoint("https://sts.\(region).\(suffix)"), region)
        case .xks:
            throw ClientConfigurationError(
                "AWS has no API for the stores of an XKS proxy", hint: "name the server with --state or --endpoint-url")
        }
    }
}

extension KMSAPIError {
    /// Reads an answer of AWS's query protocol.
    init(httpStatus: Int, xml body: [UInt8], requestID: String?) {
        let answer = try? XMLElement(parsing: body)
        let error = answer?["Error"]
        self.init(
            code: error?.text("Code") ?? "HTTP \(httpStatus)", message: error?.text("Message") ?? "",
            requestID: answer?.text("RequestId") ?? requestID, httpStatus: httpStatus)
    }
}
