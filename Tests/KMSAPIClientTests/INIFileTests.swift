import Testing

@testable import KMSAPIClient

@Suite("The INI form of AWS's configuration files")
struct INIFileTests {
    private func sections(_ text: String) throws -> [String: [String: String]] {
        try INIFile(text, path: "f").sections
    }

    @Test func `sections, settings, comments and blank lines`() throws {
        let text = """
            # a comment
            [default]
            Region = eu-central-1
            aws_access_key_id=AKIDEXAMPLE
            endpoint_url = http://localhost:8080/?a=b
              ; an indented comment

            [profile two words]  # what follows the bracket is nothing
            output : json
            empty =
            """
        #expect(
            try sections(text) == [
                "default": [
                    "region": "eu-central-1", "aws_access_key_id": "AKIDEXAMPLE",
                    "endpoint_url": "http://localhost:8080/?a=b",
                ],
                "profile two words": ["output": "json", "empty": ""],
            ])
    }

    @Test func `nested settings are left out`() throws {
        let text = """
            [default]
            s3 =
              region = wrong
              max_concurrent_requests = 20

            region = us-east-1
            """
        #expect(try sections(text) == ["default": ["s3": "", "region": "us-east-1"]])
    }

    @Test func `settings may all be indented alike`() throws {
        #expect(try sections("[a]\n  x = 1\n  y = 2\n") == ["a": ["x": "1", "y": "2"]])
    }

    @Test func `lines may end as on Windows, and a value may hold what begins a comment`() throws {
        #expect(try sections("[a]\r\nx = 1#2 ;3\r\n") == ["a": ["x": "1#2 ;3"]])
    }

    @Test func `an empty file has no sections`() throws {
        #expect(try sections("").isEmpty)
    }

    @Test(arguments: [
        ("x = 1", "f, line 1: a setting stands before the first section"),
        ("[a]\nhunter2", "f, line 2: neither a section, nor a setting, nor a comment"),
        ("[a]\n\n[a]", "f, line 3: section [a] stands twice"),
        ("[a]\nx = hunter2\nX = hunter2", "f, line 3: x stands twice in [a]"),
    ])
    func `an error names the line and quotes no value`(text: String, message: String) {
        let error = #expect(throws: ClientConfigurationError.self) { try sections(text) }
        #expect(error?.message == message)
    }
}
