/// The text and the tape of a document, owned by its values together.
///
/// Sendable: nobody writes to the memory after `init`, which takes it over from the parser.
@usableFromInline
final class JSONStorage: @unchecked Sendable {
  /// The text, `textCount` bytes, with zeros behind it.
  @usableFromInline let text: UnsafePointer<UInt8>
  @usableFromInline let textCount: Int
  @usableFromInline let nodes: UnsafePointer<JSONNode>
  @usableFromInline let nodeCount: Int

  init(
    text: UnsafeMutablePointer<UInt8>, textCount: Int, nodes: UnsafeMutablePointer<JSONNode>,
    nodeCount: Int
  ) {
    self.text = UnsafePointer(text)
    self.textCount = textCount
    self.nodes = UnsafePointer(nodes)
    self.nodeCount = nodeCount
  }

  deinit {
    self.text.deallocate()
    self.nodes.deallocate()
  }

  /// The text of a node: between the quotes of a string, else the whole value.
  @inlinable
  func slice(_ node: JSONNode) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: self.text + Int(node.offset), count: Int(node.length))
  }
}
