import KMSAPIClient
import SigV4
import Testing

@Suite("Where the client's configuration comes from")
struct ConfigurationResolverTests {
    private static let files = [
        "/home/u/.aws/credentials": """
        [default]
        aws_access_key_id = AKIDFILE
        aws_secret_access_key = secret-of-default
        [strongroom]
        aws_access_key_id = AKIDSTRONG
        aws_secret_access_key = secret-of-strongroom
        aws_session_token = token
        region = us-west-2
        [partial]
        aws_access_key_id = AKIDPARTIAL
        """,
        "/home/u/.aws/config": """
        [default]
        region = eu-central-1
        [profile strongroom]
        region = eu-west-1
        endpoint_url = http://127.0.0.1:8080
        ca_bundle = /etc/ca.pem
        [profile "spaced name"]
        region = ap-south-1
        [preview]
        region = nowhere
        """,
        "/elsewhere": """
        [default]
        aws_access_key_id = AKIDELSE
        aws_secret_access_key = s
        region = ca-central-1
        """,
    ]

    private func resolve(
        _ explicit: ExplicitSettings = ExplicitSettings(), environment: [String: String] = [:]
    ) throws(ClientConfigurationError) -> ClientConfiguration {
        let home = ["HOME": "/home/u"].merging(environment) { _, new in new }
        return try ConfigurationResolver(environment: home) { Self.files[$0] }.resolve(explicit)
    }

    private func message(
        _ explicit: ExplicitSettings = ExplicitSettings(), environment: [String: String] = [:]
    ) -> String? {
        #expect(throws: ClientConfigurationError.self) { try resolve(explicit, environment: environment) }?.description
    }

    @Test func `the default profile of both files, and AWS's endpoint of its Region`() throws {
        let configuration = try resolve()
        #expect(configuration.credential.accessKeyID == "AKIDFILE")
        #expect(configuration.credential.sessionToken == nil)
        #expect(configuration.region == "eu-central-1")
        #expect(configuration.endpoint.url == "https://kms.eu-central-1.amazonaws.com/")
        #expect(configuration.certificateAuthoritiesPath == nil)
    }

    @Test func `a profile is merged from both files, and the credentials file wins`() throws {
        for (explicit, environment) in [
            (ExplicitSettings(profile: "strongroom"), [:]), (ExplicitSettings(), ["AWS_PROFILE": "strongroom"]),
            (ExplicitSettings(profile: "strongroom"), ["AWS_PROFILE": "missing"]),
        ] {
            let configuration = try resolve(explicit, environment: environment)
            #expect(configuration.credential.accessKeyID == "AKIDSTRONG")
            #expect(configuration.credential.sessionToken == "token")
            #expect(configuration.region == "us-west-2")
            #expect(configuration.endpoint.url == "http://127.0.0.1:8080/")
            #expect(configuration.certificateAuthoritiesPath == "/etc/ca.pem")
        }
    }

    @Test func `the environment wins over the files`() throws {
        let configuration = try resolve(environment: [
            "AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
            "AWS_REGION": "eu-north-1", "AWS_DEFAULT_REGION": "sa-east-1", "AWS_CA_BUNDLE": "/env.pem",
            "AWS_ENDPOINT_URL": "https://all.example.com", "AWS_ENDPOINT_URL_KMS": "https://kms.example.com:8443/x",
        ])
        #expect(configuration.credential.accessKeyID == "AKIDENV")
        #expect(configuration.credential.sessionToken == "t")
        #expect(configuration.region == "eu-north-1")
        #expect(configuration.endpoint.url == "https://kms.example.com:8443/x")
        #expect(configuration.certificateAuthoritiesPath == "/env.pem")
    }

    @Test func `the general variables hold where the particular ones are not set, or empty`() throws {
        let configuration = try resolve(environment: [
            "AWS_REGION": "", "AWS_DEFAULT_REGION": "sa-east-1", "AWS_ENDPOINT_URL": "https://all.example.com",
            "AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "",
        ])
        #expect(configuration.credential.accessKeyID == "AKIDFILE")
        #expect(configuration.region == "sa-east-1")
        #expect(configuration.endpoint.url == "https://all.example.com/")
    }

    @Test func `what is said outright wins over all`() throws {
        let explicit = ExplicitSettings(
            region: "us-gov-west-1", endpointURL: "http://localhost:1", certificateAuthoritiesPath: "/mine.pem",
            credential: SigningCredential(accessKeyID: "AKIDMINE", secretAccessKey: "s"))
        let configuration = try resolve(
            explicit,
            environment: [
                "AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-north-1",
                "AWS_ENDPOINT_URL_KMS": "https://kms.example.com", "AWS_CA_BUNDLE": "/env.pem",
            ])
        #expect(configuration.credential.accessKeyID == "AKIDMINE")
        #expect(configuration.region == "us-gov-west-1")
        #expect(configuration.endpoint.url == "http://localhost:1/")
        #expect(configuration.certificateAuthoritiesPath == "/mine.pem")
    }

    @Test func `a profile that is named outright brings its own credentials, one named by AWS_PROFILE does not`() throws
    {
        let environment = ["AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s"]
        let outright = try resolve(ExplicitSettings(profile: "strongroom"), environment: environment)
        #expect(outright.credential.accessKeyID == "AKIDSTRONG")
        let byVariable = try resolve(environment: environment.merging(["AWS_PROFILE": "strongroom"]) { $1 })
        #expect(byVariable.credential.accessKeyID == "AKIDENV")
        #expect(byVariable.region == "us-west-2")
    }

    @Test func `the files may lie elsewhere`() throws {
        let files = ["AWS_SHARED_CREDENTIALS_FILE": "/elsewhere", "AWS_CONFIG_FILE": "~/.aws/config"]
        let configuration = try resolve(environment: files)
        #expect(configuration.credential.accessKeyID == "AKIDELSE")
        #expect(configuration.region == "ca-central-1")
        #expect(try resolve(environment: ["AWS_CONFIG_FILE": "/missing", "AWS_REGION": "r"]).region == "r")
    }

    @Test func `a profile's name may be quoted`() {
        let message = message(ExplicitSettings(profile: "spaced name"))
        #expect(message?.hasPrefix("no credentials are configured (set AWS_ACCESS_KEY_ID") == true)
    }

    @Test func `every error says what to do next`() {
        #expect(
            message(ExplicitSettings(profile: "nobody")) == """
                there is no profile 'nobody' in /home/u/.aws/credentials or /home/u/.aws/config (the profiles there \
                are default, partial, spaced name, strongroom)
                """)
        #expect(
            message(environment: ["AWS_ACCESS_KEY_ID": "AKIDENV"])
                == "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not (set both or neither)")
        #expect(
            message(ExplicitSettings(profile: "partial")) == """
                profile 'partial' has aws_access_key_id, but no aws_secret_access_key (put both into \
                /home/u/.aws/credentials)
                """)
        #expect(
            message(environment: ["AWS_CONFIG_FILE": "/missing"])
                == "no Region is configured (pass --region, set AWS_REGION, or put region into the profile)")
        #expect(
            message(ExplicitSettings(region: "evil.example.com/"))
                == "'evil.example.com/' is not a Region (write it like eu-central-1)")
        #expect(
            message(environment: ["HOME": "", "AWS_REGION": "eu-central-1"]) == """
                no credentials are configured (set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put \
                aws_access_key_id and aws_secret_access_key into profile 'default' of a shared credentials file)
                """)
    }

    @Test func `nothing that prints shows a secret`() throws {
        let configuration = try resolve(ExplicitSettings(profile: "strongroom"))
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("secret-of-strongroom"))
        }
        #expect("\(configuration)" == "AKIDSTRONG in us-west-2 at http://127.0.0.1:8080/")
    }
}
