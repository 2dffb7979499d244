internal import COpenSSL
internal import Foundation
public import JSON

/// Files that tests read. Each target adds `own(_:)` for those in its bundle.
public enum Fixture {
  /// The folder of recorded responses that are not part of this package; nil when it is not there.
  public static let folder = ProcessInfo.processInfo.environment["VERBATIM_FIXTURES"]

  public static let why = "VERBATIM_FIXTURES does not name the folder of recorded responses"

  /// A recorded response.
  public static func recorded(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: "\(Self.folder ?? "")/youtube/\(path)")))
  }

  /// What a recorded response must give.
  public static func expectation(of path: String) throws -> JSONValue {
    let expected = try Self.entries(path).first { $0.path == path }?.expected
    guard let expected else { throw CocoaError(.fileReadNoSuchFile) }
    return expected
  }

  /// The files whose paths begin so, with what each must give.
  public static func entries(_ prefix: String) throws -> [(path: String, expected: JSONValue)] {
    let index = try JSONDocument(parsing: try Self.recorded("index.json"))
    return index.root.elements.compactMap { entry in
      guard let path = entry["file"]?.string, path.hasPrefix(prefix), let expected = entry["expect"]
      else { return nil }
      return (path, expected)
    }
  }

  /// In hexadecimal digits, for comparing with recorded sums.
  public static func sha256(_ text: String) -> String {
    var hash = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    var bytes = Array(text.utf8)
    SHA256(&bytes, bytes.count, &hash)
    return hash.map { String(format: "%02x", $0) }.joined()
  }
}
