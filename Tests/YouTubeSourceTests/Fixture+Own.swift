import FixtureKit
import Foundation

extension Fixture {
  /// A file of this target.
  static func own(_ name: String) throws -> [UInt8] {
    let url = Bundle.module.bundleURL.appending(path: "Fixtures/\(name)")
    return Array(try Data(contentsOf: url))
  }
}
