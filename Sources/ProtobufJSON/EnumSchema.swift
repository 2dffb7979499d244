internal import JSON
internal import Protobuf

/// What JSON mapping knows of one enum.
final class EnumSchema: Sendable {
  struct Value {
    let name: String
    let number: Int32
  }

  /// Names that an error lists, at most.
  private static let maxListedNames = 8

  let name: String
  /// `google.protobuf.NullValue`, which is JSON's `null`.
  let isNull: Bool
  private let values: [Value]
  private let indexesByName: [String: Int]
  private let indexesByNumber: [Int32: Int]

  init(_ name: String, _ proto: ProtoEnumDescriptorProto) {
    self.name = name
    self.isNull = name == "google.protobuf.NullValue"
    self.values = proto.value.map { Value(name: $0.name ?? "", number: $0.number ?? 0) }
    var byName: [String: Int] = [:]
    var byNumber: [Int32: Int] = [:]
    for (i, value) in self.values.enumerated() {
      byName[value.name] = i
      // Of several names of a number the first is written.
      if byNumber[value.number] == nil { byNumber[value.number] = i }
    }
    self.indexesByName = byName
    self.indexesByNumber = byNumber
  }

  func name(of number: Int32) -> String? {
    self.indexesByNumber[number].map { self.values[$0].name }
  }

  /// The number of the name in a string.
  func number(named text: JSONValue) -> Int32? {
    guard let index = text.string.flatMap({ self.indexesByName[$0] }) else { return nil }
    // Swift's strings are equal where they look the same; names are equal where their bytes are.
    return text.utf8Equals(self.values[index].name) ? self.values[index].number : nil
  }

  /// The names, for an error.
  var list: String {
    let names = self.values.prefix(Self.maxListedNames).map(\.name).joined(separator: ", ")
    return self.values.count > Self.maxListedNames ? names + ", …" : names
  }
}
