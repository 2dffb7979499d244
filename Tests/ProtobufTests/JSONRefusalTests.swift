internal import Protobuf
internal import ProtobufJSON
internal import TestRandom
internal import Testing

@Suite("JSON that is refused")
struct JSONRefusalTests {
  private typealias Case = (json: String, code: ProtoJSONError.Code, path: String)

  private static let scalars: [Case] = [
    ("", .syntax, ""), ("{", .syntax, ""), ("{} x", .syntax, ""), ("{,}", .syntax, ""),
    (#"{"anInt32":1,}"#, .syntax, ""), (#"{'anInt32':1}"#, .syntax, ""),
    (#"{"anInt32":01}"#, .syntax, ""), (#"{"anInt32":+1}"#, .syntax, ""),
    (#"{"aString":"\ud800"}"#, .syntax, ""), (#"{"aString":"\x"}"#, .syntax, ""),
    ("{\"aString\":\"\n\"}", .syntax, ""), (#"{"aDouble":NaN}"#, .syntax, ""),
    ("[]", .wrongKind, ""), ("null", .wrongKind, ""), ("1", .wrongKind, ""),
    (#"{"nope":1}"#, .unknownName, ""), (#"{"AnInt32":1}"#, .unknownName, ""),
    (#"{"anInt32":1,"anInt32":1}"#, .duplicate, "anInt32"),
    (#"{"anInt32":1,"an_int32":1}"#, .duplicate, "anInt32"),
    (#"{"anInt32":null,"an_int32":null}"#, .duplicate, "anInt32"),
    (#"{"anInt32":true}"#, .wrongKind, "anInt32"), (#"{"anInt32":{}}"#, .wrongKind, "anInt32"),
    (#"{"anInt32":[1]}"#, .wrongKind, "anInt32"),
    (#"{"anInt32":""}"#, .invalidText, "anInt32"), (#"{"anInt32":"x"}"#, .invalidText, "anInt32"),
    (#"{"anInt32":" 1"}"#, .invalidText, "anInt32"),
    (#"{"anInt32":"+1"}"#, .invalidText, "anInt32"),
    (#"{"anInt32":"0x1"}"#, .invalidText, "anInt32"),
    (#"{"anInt32":"01"}"#, .invalidText, "anInt32"),
    (#"{"anInt32":0.5}"#, .outOfRange, "anInt32"), (#"{"anInt32":1e-1}"#, .outOfRange, "anInt32"),
    (#"{"anInt32":2147483648}"#, .outOfRange, "anInt32"),
    (#"{"anInt32":-2147483649}"#, .outOfRange, "anInt32"),
    (#"{"anInt32":1e10}"#, .outOfRange, "anInt32"),
    (#"{"anInt64":"9223372036854775808"}"#, .outOfRange, "anInt64"),
    (#"{"anInt64":9223372036854775808}"#, .outOfRange, "anInt64"),
    (#"{"anInt64":-9223372036854775809}"#, .outOfRange, "anInt64"),
    (#"{"aUint32":-1}"#, .outOfRange, "aUint32"),
    (#"{"aUint32":4294967296}"#, .outOfRange, "aUint32"),
    (#"{"aUint64":-1}"#, .outOfRange, "aUint64"),
    (#"{"aUint64":18446744073709551616}"#, .outOfRange, "aUint64"),
    (#"{"aDouble":"nan"}"#, .invalidText, "aDouble"),
    (#"{"aDouble":"inf"}"#, .invalidText, "aDouble"),
    (#"{"aDouble":1e309}"#, .outOfRange, "aDouble"), (#"{"aDouble":false}"#, .wrongKind, "aDouble"),
    (#"{"aFloat":3.5e38}"#, .outOfRange, "aFloat"), (#"{"aFloat":-1e300}"#, .outOfRange, "aFloat"),
    (#"{"aBool":1}"#, .wrongKind, "aBool"), (#"{"aBool":"true"}"#, .wrongKind, "aBool"),
    (#"{"aString":1}"#, .wrongKind, "aString"), (#"{"aString":["a"]}"#, .wrongKind, "aString"),
    (#"{"someBytes":"*"}"#, .invalidText, "someBytes"),
    (#"{"someBytes":1}"#, .wrongKind, "someBytes"),
    (#"{"color":"COLOR_BLUE"}"#, .unknownName, "color"),
    (#"{"color":"red"}"#, .unknownName, "color"),
    (#"{"color":true}"#, .wrongKind, "color"), (#"{"color":2147483648}"#, .outOfRange, "color"),
    (#"{"color":1.5}"#, .outOfRange, "color"),
  ]

  @Test("What a scalar cannot be is refused with the field's name", arguments: Self.scalars)
  func scalar(json: String, code: ProtoJSONError.Code, path: String) throws {
    let error = try #require(throws: ProtoJSONError.self) {
      try JSONPool.message(Scalars.self, json)
    }
    #expect(error.code == code, "\(error)")
    #expect(error.path == path, "\(error)")
    #expect(error.offset != nil, "\(error)")
  }

  private static let nested: [Case] = [
    (#"{"scalars":1}"#, .wrongKind, "scalars"),
    (#"{"scalars":{"aBool":0}}"#, .wrongKind, "scalars.aBool"),
    (
      #"{"parts":[{},{"repeated":{"scalars":[{},{},{"anInt32":"x"}]}}]}"#, .invalidText,
      "parts[1].repeated.scalars[2].anInt32"
    ),
    (#"{"repeated":{"anInt32":1}}"#, .wrongKind, "repeated.anInt32"),
    (#"{"repeated":{"anInt32":[1,null]}}"#, .wrongKind, "repeated.anInt32[1]"),
    (#"{"repeated":{"scalars":[null]}}"#, .wrongKind, "repeated.scalars[0]"),
    (#"{"repeated":{"anInt32":[[1]]}}"#, .wrongKind, "repeated.anInt32[0]"),
    (#"{"maps":{"text":[]}}"#, .wrongKind, "maps.text"),
    (#"{"maps":{"text":{"a":"b","a":"c"}}}"#, .duplicate, "maps.text[1]"),
    (#"{"maps":{"text":{"a":null}}}"#, .wrongKind, "maps.text[0]"),
    (#"{"maps":{"int32":{"x":"1"}}}"#, .invalidText, "maps.int32[0]"),
    (#"{"maps":{"int32":{"1":"1","2147483648":"1"}}}"#, .outOfRange, "maps.int32[1]"),
    (#"{"maps":{"bool":{"1":{}}}}"#, .invalidText, "maps.bool[0]"),
    (#"{"maps":{"fixed32":{"1":{"aBool":7}}}}"#, .wrongKind, "maps.fixed32[0].aBool"),
    (#"{"choice":{"text":"a","number":1}}"#, .duplicate, "choice.number"),
    (#"{"choice":{"text":"a","nothing":null}}"#, .duplicate, "choice.nothing"),
    (#"{"wellKnown":{"timestamp":"yesterday"}}"#, .invalidText, "wellKnown.timestamp"),
    (
      #"{"wellKnown":{"values":[1,{"a":[1e999]}]}}"#, .outOfRange,
      "wellKnown.values[1][0][0]"
    ),
  ]

  @Test("An error's path leads to the field, through elements and entries", arguments: Self.nested)
  func path(json: String, code: ProtoJSONError.Code, path: String) throws {
    let error = try #require(throws: ProtoJSONError.self) {
      try JSONPool.message(Everything.self, json)
    }
    #expect(error.code == code, "\(error)")
    #expect(error.path == path, "\(error)")
  }

  @Test("An error says what is wrong, where, and what would be right")
  func messages() throws {
    func error(_ json: String) throws -> ProtoJSONError {
      try #require(throws: ProtoJSONError.self) { try JSONPool.message(Everything.self, json) }
    }
    #expect(
      try error(#"{"scalars":{"color":"BLUE"}}"#).description
        == "scalars.color: verbatim.testing.Color has no value of that name, but "
        + "COLOR_UNSPECIFIED, COLOR_RED, COLOR_GREEN, COLOR_DARK at byte 20")
    #expect(
      try error(#"{"scalars":{"titel":"x"}}"#).description
        == "scalars: verbatim.testing.Scalars has no field \"titel\" at byte 12")
    #expect(
      try error(#"{"scalars":{"aBool":"secret"}}"#).description
        == "scalars.aBool: expected true or false, found a string at byte 20")
    let long = String(repeating: "x", count: 1000)
    #expect(try error(#"{"\#(long)":1}"#).description.utf8.count < 200)
  }

  @Test("Cut at any byte, a text is refused as not JSON")
  func truncated() throws {
    var messages = RandomMessages(seed: 5)
    let json = try messages.everything(depth: 0).json(JSONPool.shared.get())
    for count in 0..<min(json.count, 1500) {
      let error = try #require(throws: ProtoJSONError.self) {
        try JSONPool.shared.get().binary(fromJSON: Array(json[..<count]), as: Everything.protoName)
      }
      #expect(error.code == .syntax || error.code == .wrongKind, "cut at \(count): \(error)")
    }
  }

  @Test(
    "Random damage never crashes, and what is accepted is a message",
    arguments: 1...4 as ClosedRange<UInt64>)
  func damaged(seed: UInt64) throws {
    let pool = try JSONPool.shared.get()
    var random = SeededRandom(seed: seed)
    var messages = RandomMessages(seed: seed)
    let alphabet = Array("{}[]\",:\\u0123eE+-. tfn@".utf8)
    var accepted = 0
    for _ in 0..<20 {
      let original = try messages.everything(depth: 0).json(pool)
      for _ in 0..<10 {
        var json = original
        for _ in 0...random.below(2) {
          let at = random.below(json.count)
          switch random.below(4) {
          case 0: json[at] = UInt8(truncatingIfNeeded: random.next())
          case 1: json[at] = random.pick(alphabet)
          case 2 where json.count > 1: json.remove(at: at)
          default: json.insert(random.pick(alphabet), at: at)
          }
        }
        do throws(ProtoJSONError) {
          let options = ProtoJSONOptions(ignoresUnknownNames: random.flip())
          let binary = try pool.binary(fromJSON: json, as: Everything.protoName, options: options)
          accepted += 1
          #expect(throws: Never.self, "seed \(seed)") { try Everything(decoding: binary) }
        } catch {
          #expect(
            error.offset.map { $0 >= 0 && $0 <= json.count } ?? false, "\(error), seed \(seed)")
        }
      }
    }
    #expect(accepted > 10, "the damage tests nothing; seed \(seed)")
  }

  @Test("A type that is not in the pool is told by name")
  func unknownType() throws {
    let pool = try JSONPool.shared.get()
    #expect(
      !pool.contains("verbatim.testing.Nothing") && pool.contains("verbatim.testing.Node.Branch"))
    let error = try #require(throws: ProtoJSONError.self) {
      try pool.binary(fromJSON: [], as: "verbatim.testing.Nothing")
    }
    #expect(error.code == .unknownType && error.message.contains("verbatim.testing.Nothing"))
  }
}

@Suite("Binary that has no JSON form")
struct JSONBinaryRefusalTests {
  @Test(
    "What is not protobuf is refused, with the field's name",
    arguments: [
      ([0x0a, 5, 0], .malformedBinary, ""),  // Field 1 is cut
      ([0x0a, 3, 0x72, 1, 0xff], .malformedBinary, "scalars.aString"),  // Not UTF-8
      ([0x1a, 3, 0x1a, 1, 0x80], .malformedBinary, "repeated.anInt32[0]"),  // A cut packed varint
      // A key that is not UTF-8
      ([0x22, 5, 0x0a, 3, 0x0a, 1, 0xff], .malformedBinary, "maps.text[0]"),
      (
        [0x3a, 9, 0x0a, 7, 0x10, 0x80, 0x94, 0xeb, 0xdc, 0x03, 0], .malformedBinary,
        "wellKnown.timestamp"
      ),  // Field number 0
      // 10^9 nanoseconds
      ([0x3a, 8, 0x0a, 6, 0x10, 0x80, 0x94, 0xeb, 0xdc, 0x03], .outOfRange, "wellKnown.timestamp"),
      ([0x3a, 2, 0x2a, 0], .notRepresentable, "wellKnown.value"),  // A value of no kind
      ([0x3a, 5, 0x1a, 3, 0x0a, 1, 0x41], .notRepresentable, "wellKnown.mask"),  // The path "A"
      ([0x1f], .malformedBinary, ""),  // Wire type 7
      ([0x00], .malformedBinary, ""),  // Field number 0
    ] as [([UInt8], ProtoJSONError.Code, String)])
  func refused(bytes: [UInt8], code: ProtoJSONError.Code, path: String) throws {
    let error = try #require(throws: ProtoJSONError.self) {
      try JSONPool.shared.get().json(from: bytes, as: Everything.protoName)
    }
    #expect(error.code == code && error.path == path && error.offset == nil, "\(error)")
  }

  @Test(
    "Random damage never crashes, and gives JSON that reads back",
    arguments: 1...4 as ClosedRange<UInt64>)
  func damaged(seed: UInt64) throws {
    let pool = try JSONPool.shared.get()
    var random = SeededRandom(seed: seed)
    var messages = RandomMessages(seed: seed)
    for _ in 0..<12 {
      let original = messages.everything(depth: 0).encoded()
      for _ in 0..<10 where !original.isEmpty {
        var bytes = original
        bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
        do throws(ProtoJSONError) {
          let json = try pool.json(from: bytes, as: Everything.protoName)
          #expect(throws: Never.self, "seed \(seed)") {
            try pool.binary(fromJSON: json, as: Everything.protoName)
          }
        } catch {
          #expect(error.offset == nil, "seed \(seed)")
        }
      }
    }
  }
}
