/// A part of a long list.
public struct Page<Element: Sendable>: Sendable {
  public var elements: [Element]
  /// Nil on the last page.
  public var nextPageToken: String?

  public init(elements: [Element], nextPageToken: String?) {
    self.elements = elements
    self.nextPageToken = nextPageToken
  }
}
