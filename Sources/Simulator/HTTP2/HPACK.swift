/// Reads blocks of header fields (RFC 7541). One for a connection: fields point at earlier ones.
struct HPACKDecoder {
  /// A block that cannot be read; the connection is of no more use.
  struct Failure: Error {}

  /// The most that the fields of one block may count for.
  static let maxBlockSize = 64 << 10
  /// Longer integers are nonsense here.
  private static let maxInteger = 1 << 24

  private var table = HPACKTable()

  mutating func fields(of block: [UInt8]) throws(Failure) -> [HPACKTable.Field] {
    var rest = block[...]
    var fields: [HPACKTable.Field] = []
    var size = 0
    while let first = rest.first {
      if first & 0xE0 == 0x20 {
        // A new limit of the table, in front of all fields only.
        let limit = try Self.integer(&rest, prefix: 5)
        guard fields.isEmpty, self.table.setLimit(limit) else { throw Failure() }
        continue
      }
      let field: HPACKTable.Field
      if first & 0x80 != 0 {
        guard let known = self.table[try Self.integer(&rest, prefix: 7)] else { throw Failure() }
        field = known
      } else {
        // With bit 6 the field is kept for later; without it, it is not.
        let isKept = first & 0x40 != 0
        let index = try Self.integer(&rest, prefix: isKept ? 6 : 4)
        let name: String
        if index > 0 {
          guard let known = self.table[index] else { throw Failure() }
          name = known.name
        } else {
          name = try Self.text(&rest)
        }
        field = HPACKTable.Field(name: name, value: try Self.text(&rest))
        if isKept { self.table.insert(field) }
      }
      size += field.size
      guard size <= Self.maxBlockSize else { throw Failure() }
      fields.append(field)
    }
    return fields
  }

  /// §5.1
  private static func integer(
    _ bytes: inout ArraySlice<UInt8>, prefix: Int
  ) throws(Failure) -> Int {
    guard let first = bytes.popFirst() else { throw Failure() }
    let mask = (1 << prefix) - 1
    var value = Int(first) & mask
    guard value == mask else { return value }
    var shift = 0
    while let byte = bytes.popFirst() {
      value += Int(byte & 0x7F) << shift
      guard value <= Self.maxInteger else { throw Failure() }
      if byte & 0x80 == 0 { return value }
      shift += 7
      guard shift <= 28 else { throw Failure() }
    }
    throw Failure()
  }

  /// §5.2
  private static func text(_ bytes: inout ArraySlice<UInt8>) throws(Failure) -> String {
    let isCoded = (bytes.first ?? 0) & 0x80 != 0
    let count = try Self.integer(&bytes, prefix: 7)
    guard count <= bytes.count else { throw Failure() }
    let raw = bytes.prefix(count)
    bytes = bytes.dropFirst(count)
    guard isCoded else { return String(decoding: raw, as: UTF8.self) }
    guard let decoded = HPACKHuffman.decode(raw) else { throw Failure() }
    return String(decoding: decoded, as: UTF8.self)
  }
}

/// Writes blocks of header fields that need no memory at the other end: nothing is kept, nothing is compressed.
enum HPACKEncoder {
  /// The block of a response; names must be in lower case.
  static func block(
    status: Int, _ fields: [(name: String, value: String)]
  ) -> [UInt8] {
    var block: [UInt8] = []
    let text = "\(status)"
    if let index = Self.statuses[text] {
      block.append(0x80 | UInt8(index))
    } else {
      Self.append(&block, ":status", text)
    }
    for field in fields { Self.append(&block, field.name, field.value) }
    return block
  }

  private static let statuses: [String: Int] = Dictionary(
    uniqueKeysWithValues: HPACKTable.fixed.enumerated()
      .filter { $1.name == ":status" }.map { ($1.value, $0 + 1) })

  private static let names: [String: Int] = Dictionary(
    HPACKTable.fixed.enumerated().map { ($1.name, $0 + 1) }, uniquingKeysWith: { first, _ in first }
  )

  /// Literal without indexing (§6.2.2).
  private static func append(_ block: inout [UInt8], _ name: String, _ value: String) {
    if let index = Self.names[name] {
      Self.append(&block, index, prefix: 4)
    } else {
      block.append(0)
      Self.append(&block, text: name)
    }
    Self.append(&block, text: value)
  }

  private static func append(_ block: inout [UInt8], text: String) {
    Self.append(&block, text.utf8.count, prefix: 7)
    block += text.utf8
  }

  private static func append(_ block: inout [UInt8], _ value: Int, prefix: Int) {
    let mask = (1 << prefix) - 1
    guard value >= mask else { return block.append(UInt8(value)) }
    block.append(UInt8(mask))
    var rest = value - mask
    while rest >= 0x80 {
      block.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    block.append(UInt8(rest))
  }
}
