public import Foundation

/// The programs of `Tests/GoClient`, which share no code with us: containerd's ttrpc library for Go.
public enum GoPrograms {
  /// Why they could not be built.
  public struct BuildError: Error, CustomStringConvertible {
    public let description: String
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../GoClient")
  private static let needed = [
    "/usr/bin/go", "/usr/bin/protoc", "/usr/bin/protoc-gen-go",
    "/usr/share/gocode/src/github.com/containerd/ttrpc",
  ]

  /// Whether they can be built; for `.enabled(if:)`.
  public static var isBuildable: Bool {
    self.needed.allSatisfy { FileManager.default.fileExists(atPath: $0) }
  }
  public static let missingReason =
    "Go or its packages are missing (apt-get install golang-go golang-github-containerd-ttrpc-dev golang-goprotobuf-dev protobuf-compiler)"

  /// Builds one of them into a folder; Go's own cache makes that quick from the second time on.
  public static func build(_ program: String, in output: URL) async throws -> URL {
    let result = try await Program.run(
      Self.folder.appending(path: "build"), [output.path, program])
    guard result.status == 0 else {
      throw BuildError(description: "Tests/GoClient/build failed: \(result.output)")
    }
    return output.appending(path: program)
  }
}
