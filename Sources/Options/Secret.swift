/// A secret that does not show itself in logs, descriptions or dumps.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The secret itself.
  public let value: String

  /// Wraps a secret.
  public init(_ value: String) { self.value = value }

  /// The content of a secret file, without the line end that editors and `echo` put there.
  init(fileContent: String) {
    var content = fileContent[...]
    while let last = content.unicodeScalars.last, last == "\n" || last == "\r" {
      content.unicodeScalars.removeLast()
    }
    self.value = String(content)
  }

  public var description: String { "(secret)" }
  public var debugDescription: String { "(secret)" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
