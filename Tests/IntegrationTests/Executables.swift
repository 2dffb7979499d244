import Foundation

/// Where the package's own programs and files are.
enum Executables {
  /// The package's root.
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A product, built together with the tests and beside them; or in the folder `VERBATIM_PROGRAMS`, such as `.build/release`.
  static func url(_ product: String) throws -> URL {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let folder =
      ProcessInfo.processInfo.environment["VERBATIM_PROGRAMS"].map { URL(fileURLWithPath: $0) }
      ?? tests.deletingLastPathComponent()
    let url = folder.appendingPathComponent(product)
    guard FileManager.default.isExecutableFile(atPath: url.path) else {
      throw ClusterError("\(product) is not built: swift build --product \(product)")
    }
    return url
  }
}
