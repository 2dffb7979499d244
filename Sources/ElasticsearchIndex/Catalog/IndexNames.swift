internal import Search

/// How things are called in the cluster.
///
/// A dot separates the parts, which no ``IndexName`` has: `verbatim.default.v1` is an index, `verbatim.default` what is
/// searched, `verbatim.default.write` what is written to, `verbatim.talks.alias` an alias that somebody has made.
struct IndexNames: Sendable {
  let prefix: String

  func read(_ index: IndexName) -> String { "\(self.prefix).\(index.text)" }
  func write(_ index: IndexName) -> String { "\(self.prefix).\(index.text).write" }
  func alias(_ alias: IndexName) -> String { "\(self.prefix).\(alias.text).alias" }
  func concrete(_ index: IndexName, _ generation: Int) -> String {
    "\(self.prefix).\(index.text).v\(generation)"
  }

  var template: String { self.prefix }
  /// Of all concrete indexes.
  var pattern: String { "\(self.prefix).*.v*" }

  /// The index and generation that a concrete index is of; nil for one that is not ours.
  func parse(_ concrete: String) -> (index: IndexName, generation: Int)? {
    guard concrete.hasPrefix(self.prefix + ".") else { return nil }
    let parts = concrete.dropFirst(self.prefix.count + 1)
      .split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].hasPrefix("v"), let index = IndexName(parts[0]),
      let generation = Int(parts[1].dropFirst())
    else { return nil }
    return (index, generation)
  }

  /// The alias that an alias of the cluster stands for; nil for one that is not somebody's.
  func parseAlias(_ name: String) -> IndexName? {
    guard name.hasPrefix(self.prefix + "."), name.hasSuffix(".alias") else { return nil }
    return IndexName(name.dropFirst(self.prefix.count + 1).dropLast(".alias".count))
  }
}
