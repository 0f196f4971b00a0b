import KMSAPIClient
import Testing

@Suite("Endpoints")
struct EndpointTests {
    @Test(arguments: [
        ("https://kms.example.com", "https://kms.example.com/", "kms.example.com"),
        ("https://KMS.example.com:443/base/", "https://kms.example.com/base/", "kms.example.com"),
        ("https://kms.example.com:8443", "https://kms.example.com:8443/", "kms.example.com:8443"),
        ("http://localhost:8080", "http://localhost:8080/", "localhost:8080"),
        ("http://127.0.0.1:80/", "http://127.0.0.1/", "127.0.0.1"),
        ("http://127.8.8.8:8080/a%20b", "http://127.8.8.8:8080/a%20b", "127.8.8.8:8080"),
        ("http://[::1]:8080", "http://[::1]:8080/", "[::1]:8080"),
    ])
    func `a URL gives the address, the Host header and the path`(text: String, url: String, host: String) throws {
        let endpoint = try Endpoint(text)
        #expect(endpoint.url == url)
        #expect(endpoint.host == host)
        #expect(endpoint.isEncrypted == text.hasPrefix("https"))
    }

    @Test(arguments: [
        "http://kms.example.com", "http://10.0.0.1:8080", "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://127.0.0", "http://[::2]:80", "http://1270.0.0.1", "http://127.0.0.256",
    ])
    func `plain HTTP is for loopback only`(text: String) {
        let error = #expect(throws: ClientConfigurationError.self) { try Endpoint(text) }
        #expect(error?.message.hasPrefix("plain HTTP to ") == true)
        #expect(error?.hint?.hasPrefix("use https://") == true)
    }

    @Test(arguments: ["", "kms.example.com", "ftp://kms.example.com", "https://", "localhost:8080", "https:///path"])
    func `what is not a web address is refused`(text: String) {
        let error = #expect(throws: ClientConfigurationError.self) { try Endpoint(text) }
        #expect(error?.hint == "write it like https://kms.example.com:8443")
    }

    @Test(arguments: ["https://u@h", "https://u:hunter2@h", "https://h?a=b", "https://h#f"])
    func `a URL with more than an address is refused, and not quoted`(text: String) {
        let error = #expect(throws: ClientConfigurationError.self) { try Endpoint(text) }
        #expect(error?.hint == "leave out user, query and fragment")
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func `AWS's endpoint follows from the Region and its partition`() throws {
        #expect(try Endpoint(awsRegion: "eu-central-1").url == "https://kms.eu-central-1.amazonaws.com/")
        #expect(try Endpoint(awsRegion: "cn-north-1").url == "https://kms.cn-north-1.amazonaws.com.cn/")
    }
}
