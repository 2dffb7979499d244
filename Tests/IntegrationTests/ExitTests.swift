import Foundation
import TestKit
import Testing

extension RealPrograms {
  @Suite("The end of a program", .timeLimit(.minutes(3)))
  struct ExitTests {
    /// Of a program that was unloaded under its running event loop, 3 in 100 ended with SIGABRT.
    static let runs = 150

    @Test("A program that has resolved a name ends with its own status, every time")
    func status() throws {
      let program = try Executables.url("verbatim")
      let port = try FreePort.next()
      for run in 1...Self.runs {
        let process = Process()
        process.executableURL = program
        process.arguments = ["--plaintext", "--gateway", "localhost:\(port)", "jobs"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        // Nobody listens there: EX_UNAVAILABLE.
        #expect(
          process.terminationReason == .exit && process.terminationStatus == 69,
          "run \(run): \(process.terminationStatus)")
      }
    }
  }
}
