import Foundation

/// Where the package's own programs and files are.
enum Executables {
  /// The package's root.
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A product, built together with the tests and beside them.
  static func url(_ product: String) throws -> URL {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let url = tests.deletingLastPathComponent().appendingPathComponent(product)
    guard FileManager.default.isExecutableFile(atPath: url.path) else {
      throw ClusterError("\(product) is not built: swift build --product \(product)")
    }
    return url
  }
}
