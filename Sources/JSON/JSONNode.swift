/// One value or member name on a document's tape.
///
/// The tape lists a document's values in the order of the text. An array is followed by its elements, an object by
/// name, value, name, value. `next` leads past a value and all it holds, so that skipping costs one step.
@usableFromInline
struct JSONNode {
  @usableFromInline
  enum Kind: UInt32 {
    case null, `false`, `true`, number, string, array, object
  }

  /// Bits of `meta` below the count: three of kind and one flag.
  static let countShift: UInt32 = 4
  /// What one more element adds to `meta`.
  static let oneElement: UInt32 = 1 << countShift
  static let maxCount = Int(UInt32.max >> countShift)

  /// Where the value's text begins; for a string, after the quote.
  @usableFromInline var offset: UInt32
  /// Bytes of the value's text; for a string, without the quotes.
  @usableFromInline var length: UInt32
  /// Index of the node after this value. While a container is open: index of the container around it.
  @usableFromInline var next: UInt32
  /// Kind, flag, and how many elements or members.
  @usableFromInline var meta: UInt32

  init(_ kind: Kind, flag: Bool = false, offset: Int, length: Int, next: Int) {
    self.offset = UInt32(truncatingIfNeeded: offset)
    self.length = UInt32(truncatingIfNeeded: length)
    self.next = UInt32(truncatingIfNeeded: next)
    self.meta = kind.rawValue | (flag ? 8 : 0)
  }

  @inlinable var kind: Kind { Kind(rawValue: self.meta & 7) ?? .null }
  /// A string: it has escapes. A number: it has a fraction or an exponent.
  @inlinable var flag: Bool { self.meta & 8 != 0 }
  @inlinable var count: Int { Int(self.meta >> 4) }
}
