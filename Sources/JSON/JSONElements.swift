/// The elements of an array, in order.
public struct JSONElements: Sequence, Sendable {
  /// Walks over the elements.
  public struct Iterator: IteratorProtocol, Sendable {
    @usableFromInline let storage: JSONStorage
    @usableFromInline var at: Int
    @usableFromInline let end: Int

    @inlinable
    init(_ array: JSONValue) {
      self.storage = array.storage
      self.at = array.index + 1
      self.end = array.node.kind == .array ? Int(array.node.next) : self.at
    }

    /// The next element.
    @inlinable
    public mutating func next() -> JSONValue? {
      guard self.at < self.end else { return nil }
      defer { self.at = Int(self.storage.nodes[self.at].next) }
      return JSONValue(storage: self.storage, index: self.at)
    }
  }

  @usableFromInline let array: JSONValue

  @inlinable
  init(_ array: JSONValue) { self.array = array }

  /// Starts at the first element.
  @inlinable
  public func makeIterator() -> Iterator { Iterator(self.array) }

  /// How many there are at least: all of them.
  @inlinable
  public var underestimatedCount: Int { self.array.kind == .array ? self.array.count : 0 }
}
