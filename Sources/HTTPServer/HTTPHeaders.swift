/// Header fields in the order they were sent. Names are compared without regard to case.
public struct HTTPHeaders: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  /// One field line.
  public struct Field: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public private(set) var fields: [Field]

  public init(_ fields: [Field] = []) { self.fields = fields }

  public init(dictionaryLiteral elements: (String, String)...) {
    self.fields = elements.map { Field($0.0, $0.1) }
  }

  /// The value of the first field called `name`; setting replaces all of them, nil removes them.
  public subscript(name: String) -> String? {
    get { self.fields.first { $0.name.equalsIgnoringCase(name) }?.value }
    set {
      self.fields.removeAll { $0.name.equalsIgnoringCase(name) }
      if let newValue { self.fields.append(Field(name, newValue)) }
    }
  }

  /// All values of the fields called `name`, in order.
  public func all(_ name: String) -> [String] {
    self.fields.filter { $0.name.equalsIgnoringCase(name) }.map(\.value)
  }

  public mutating func append(_ name: String, _ value: String) {
    self.fields.append(Field(name, value))
  }

  /// True when a field called `name` lists `token` (comma separated, case ignored).
  public func lists(_ token: String, in name: String) -> Bool {
    self.all(name).contains { value in
      value.utf8.split(separator: UInt8(ascii: ",")).contains { part in
        Substring(part.trimmingSpace()).equalsIgnoringCase(token)
      }
    }
  }
}

extension StringProtocol {
  /// ASCII letters compared without regard to case; enough for everything HTTP defines.
  func equalsIgnoringCase(_ other: some StringProtocol) -> Bool {
    guard self.utf8.count == other.utf8.count else { return false }
    return zip(self.utf8, other.utf8).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
  }
}

extension UInt8 {
  var asciiLowercased: UInt8 { (0x41...0x5a).contains(self) ? self | 0x20 : self }

  /// `tchar` of RFC 9110 §5.6.2.
  var isTokenCharacter: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e, 0x5f, 0x60, 0x7c, 0x7e: true
    default: false
    }
  }

  var isSpaceOrTab: Bool { self == 0x20 || self == 0x09 }
}

extension BidirectionalCollection where Element == UInt8 {
  /// Without the spaces and tabs at both ends.
  func trimmingSpace() -> SubSequence {
    var part = self[...]
    while let first = part.first, first.isSpaceOrTab { part = part.dropFirst() }
    while let last = part.last, last.isSpaceOrTab { part = part.dropLast() }
    return part
  }
}
