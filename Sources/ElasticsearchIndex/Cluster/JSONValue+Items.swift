internal import JSON

extension JSONValue? {
  /// The elements of an array that may be missing.
  var items: [JSONValue] { self.map { Array($0.elements) } ?? [] }
}
