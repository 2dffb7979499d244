internal import JSON

/// A JSON text to be: what replies are put together from. Members keep their order, as YouTube's do.
indirect enum JSONTree: Sendable {
  case object([(String, JSONTree)])
  case array([JSONTree])
  case string(String)
  case integer(Int)
  case bool(Bool)
  /// JSON that was encoded before, for parts that are the same in every reply.
  case encoded([UInt8])

  /// Encodes without any space.
  func encoded() -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 4096)
    self.write(to: &writer)
    return writer.bytes
  }

  private func write(to writer: inout JSONWriter) {
    switch self {
    case .object(let members):
      writer.beginObject()
      for (name, value) in members {
        writer.key(name)
        value.write(to: &writer)
      }
      writer.endObject()
    case .array(let elements):
      writer.beginArray()
      for element in elements { element.write(to: &writer) }
      writer.endArray()
    case .string(let text): writer.string(text)
    case .integer(let number): writer.integer(number)
    case .bool(let flag): writer.bool(flag)
    case .encoded(let encoded): writer.encoded(encoded)
    }
  }

  /// The members of an object that a `$fields` parameter asks for; the whole when it is nil.
  ///
  /// Only the first step of each path counts: `playerResponse/captions` keeps all of `playerResponse`.
  func filtered(by fields: String?) -> JSONTree {
    guard let fields, case .object(let members) = self else { return self }
    let names = fields.split(separator: ",").map { $0.prefix { $0 != "/" && $0 != "(" } }
    return .object(members.filter { member in names.contains { $0 == member.0 } })
  }

  /// `{"runs":[{"text":…}]}`
  static func runs(_ texts: String...) -> JSONTree {
    ["runs": .array(texts.map { ["text": .string($0)] })]
  }

  /// `{"simpleText":…}`
  static func simpleText(_ text: String) -> JSONTree { ["simpleText": .string(text)] }
}

extension JSONTree: ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  init(stringLiteral value: String) { self = .string(value) }
  init(integerLiteral value: Int) { self = .integer(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(arrayLiteral elements: JSONTree...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, JSONTree)...) { self = .object(elements) }
}
