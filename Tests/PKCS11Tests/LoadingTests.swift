import FoundationEssentials
import PKCS11
import Testing

@Suite struct `Loading a module` {
    private func expectRefusal(of path: String, saying text: String) {
        let error = #expect(throws: ModuleLoadError.self) { _ = try Module(path: path) }
        #expect(error?.path == path)
        #expect(error?.reason.contains(text) == true, "the reason is: \(error?.reason ?? "none")")
    }

    @Test func `refuses a path that is not absolute: the system would search its folders for it`() {
        for path in ["libsofthsm2.so", "./libsofthsm2.so", "../lib/libsofthsm2.so", "", " /usr/lib/x.so"] {
            expectRefusal(of: path, saying: "not absolute")
        }
    }

    @Test func `refuses a file that is not there`() {
        expectRefusal(of: "/nowhere/libmodule.so", saying: "cannot open shared object file")
    }

    @Test func `refuses a folder, and a file that is no library`() {
        expectRefusal(of: "/usr/lib", saying: "/usr/lib")
        expectRefusal(of: "/etc/passwd", saying: "invalid ELF header")
    }

    @Test func `refuses a library that is no PKCS#11 module`() throws {
        // Swift's own runtime: there wherever these tests run.
        let library = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/map_files").lazy
            .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/map_files/" + $0) }
            .first { $0.contains("/libc.so") }
        expectRefusal(of: try #require(library), saying: "no C_GetFunctionList")
    }
}
