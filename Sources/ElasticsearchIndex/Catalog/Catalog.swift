internal import JSON
internal import Search

/// Which indexes and aliases there are.
struct Catalog: Sendable {
  /// An index by its name, whatever generation of it is behind the name.
  struct Entry: Hashable, Sendable {
    /// The concrete index that is searched.
    var read: String
    /// The one that is written to: another one while it is indexed anew.
    var write: String
    var isReindexing: Bool { self.read != self.write }
  }

  private(set) var entries: [IndexName: Entry] = [:]
  private(set) var aliases: [IndexName: IndexName] = [:]
  /// All concrete indexes of each name, also those that nothing points to: left of something that was broken off.
  private(set) var generations: [IndexName: [Int]] = [:]

  /// - Parameter root: The answer to `GET /<pattern>/_alias`.
  init(_ root: JSONValue, _ names: IndexNames) {
    var reads: [IndexName: String] = [:]
    var writes: [IndexName: String] = [:]
    for member in root.members {
      let concrete = member.name
      guard let (index, generation) = names.parse(concrete) else { continue }
      self.generations[index, default: []].append(generation)
      guard let pointers = member.value["aliases"] else { continue }
      for alias in pointers.members {
        if alias.name == names.read(index) {
          reads[index] = concrete
        } else if alias.name == names.write(index) {
          writes[index] = concrete
        } else if let name = names.parseAlias(alias.name) {
          self.aliases[name] = index
        }
      }
    }
    for (index, read) in reads {
      self.entries[index] = Entry(read: read, write: writes[index] ?? read)
    }
  }

  init() {}

  /// The index that `name` is, or is an alias of.
  func index(_ name: IndexName) -> IndexName? {
    if self.entries[name] != nil { return name }
    guard let index = self.aliases[name], self.entries[index] != nil else { return nil }
    return index
  }
}
