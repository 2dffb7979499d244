internal import JSON
internal import Protobuf

/// What JSON mapping knows of one message.
final class MessageSchema: Sendable {
  /// How many fields after the one that is expected are compared before a dictionary is asked.
  private static let maxSkippedFields = 3

  let name: String
  /// In the order of their numbers.
  let fields: [FieldSchema]
  let wellKnown: WellKnownType?
  private let indexesByNumber: [UInt32: Int]
  /// Both names of each field.
  private let indexesByName: [String: Int]

  init(
    _ name: String, _ proto: ProtoDescriptorProto, isProto3: Bool, messageIndexes: [String: Int],
    enumIndexes: [String: Int], isMapEntry: (Int) -> Bool
  ) {
    self.name = name
    var fields: [FieldSchema] = []
    var numbers: Set<UInt32> = []
    for proto in proto.field {
      let field = FieldSchema(
        proto, isProto3: isProto3, messageIndexes: messageIndexes, enumIndexes: enumIndexes,
        isMapEntry: isMapEntry)
      guard let field, numbers.insert(field.number).inserted else { continue }
      fields.append(field)
    }
    fields.sort { $0.number < $1.number }
    self.fields = fields
    var byNumber: [UInt32: Int] = [:]
    var byName: [String: Int] = [:]
    for (i, field) in fields.enumerated() {
      byNumber[field.number] = i
      byName[field.jsonName] = i
    }
    // Where one field's name is another's JSON name, the JSON name counts.
    for (i, field) in fields.enumerated() where byName[field.name] == nil { byName[field.name] = i }
    self.indexesByNumber = byNumber
    self.indexesByName = byName
    self.wellKnown = WellKnownType(name, fields)
  }

  /// Whether this can be a map's entry: a key and a value.
  var isEntry: Bool {
    self.fields.count == 2 && self.fields[0].number == 1 && self.fields[1].number == 2
      && self.fields.allSatisfy { $0.shape == .singular }
  }

  /// The field of that number.
  func index(of number: UInt32) -> Int? {
    // Most messages number their fields without gaps.
    let direct = Int(number) - 1
    if direct < self.fields.count, self.fields[direct].number == number { return direct }
    return self.indexesByNumber[number]
  }

  /// The field that a member of an object is for.
  ///
  /// - Parameter expected: The place to look at first: writers mostly keep the order of the fields.
  func index(of key: JSONValue, expected: Int) -> Int? {
    for index in expected..<min(expected + 1 + Self.maxSkippedFields, self.fields.count)
    where key.utf8Equals(self.fields[index].jsonName) {
      return index
    }
    guard let index = key.string.flatMap({ self.indexesByName[$0] }) else { return nil }
    // Swift's strings are equal where they look the same; names are equal where their bytes are.
    let field = self.fields[index]
    return key.utf8Equals(field.jsonName) || key.utf8Equals(field.name) ? index : nil
  }
}
