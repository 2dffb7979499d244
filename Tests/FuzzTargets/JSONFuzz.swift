internal import JSON

/// The JSON reader.
enum JSONFuzz: FuzzTarget {
  static let name = "json"
  private static let limits = JSONLimits(maxBytes: 1 << 20, maxDepth: 64, maxNodes: 100_000)

  static func run(_ bytes: [UInt8]) {
    guard let document = try? JSONDocument(parsing: bytes, limits: self.limits) else { return }
    let text = self.written(document.root)
    guard let again = try? JSONDocument(parsing: text, limits: self.limits) else {
      return FuzzFailure.require(false, "what was written cannot be read")
    }
    FuzzFailure.require(self.written(again.root) == text, "written twice, two texts")
  }

  private static func written(_ value: JSONValue) -> [UInt8] {
    var writer = JSONWriter()
    writer.value(value)
    return writer.bytes
  }
}
