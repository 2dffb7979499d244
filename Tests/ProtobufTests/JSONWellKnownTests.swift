internal import Protobuf
internal import ProtobufJSON
internal import Testing

@Suite("JSON of well-known types")
struct JSONWellKnownTests {
  // MARK: Timestamps

  @Test(
    "Timestamps are RFC 3339 in UTC with as many digits as they need",
    arguments: [
      ("1970-01-01T00:00:00Z", 0, 0),
      ("1969-12-31T23:59:59Z", -1, 0),
      ("1969-12-31T23:59:59.999999999Z", -1, 999_999_999),
      ("2026-01-02T03:04:05.500Z", 1_767_323_045, 500_000_000),
      ("2026-01-02T03:04:05.000001Z", 1_767_323_045, 1000),
      ("2026-01-02T03:04:05.000000001Z", 1_767_323_045, 1),
      ("2000-02-29T23:59:59Z", 951_868_799, 0),
      ("1900-02-28T12:00:00Z", -2_203_934_400, 0),
      ("1900-03-01T00:00:00Z", -2_203_891_200, 0),
      ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
      ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999),
    ] as [(String, Int64, Int32)])
  func timestamps(text: String, seconds: Int64, nanos: Int32) throws {
    let message = WellKnown.with {
      $0.timestamp = .with {
        $0.seconds = seconds; $0.nanos = nanos
      }
    }
    let json = #"{"timestamp":"\#(text)"}"#
    #expect(try JSONPool.json(message) == json)
    #expect(try JSONPool.message(WellKnown.self, json) == message)
  }

  @Test(
    "Timestamps are read with a zone and with any number of digits up to nine",
    arguments: [
      ("1970-01-01T01:30:00+01:30", 0, 0), ("1969-12-31T16:00:00-08:00", 0, 0),
      ("1970-01-01T00:00:00.5Z", 0, 500_000_000), ("1970-01-01T00:00:00.12Z", 0, 120_000_000),
    ] as [(String, Int64, Int32)])
  func timestampForms(text: String, seconds: Int64, nanos: Int32) throws {
    let message = try JSONPool.message(ProtoTimestamp.self, "\"\(text)\"")
    #expect(message.seconds == seconds && message.nanos == nanos)
  }

  @Test(
    "What is no time within year 1 to 9999 is refused",
    arguments: [
      "", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01t00:00:00Z", "1970-01-01T00:00:00z",
      "1970-01-01 00:00:00Z", "1970-1-01T00:00:00Z", "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z",
      "1970-01-32T00:00:00Z", "1970-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
      "1970-04-31T00:00:00Z",
      "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z",
      "1970-01-01T00:00:00.Z",
      "1970-01-01T00:00:00.1234567890Z", "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+1:00",
      "1970-01-01T00:00:00+0100", "1970-01-01T00:00:00ZZ", "0000-01-01T00:00:00Z",
      "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "10000-01-01T00:00:00Z",
    ])
  func noTimestamp(text: String) throws {
    let error = try #require(throws: ProtoJSONError.self) {
      try JSONPool.message(ProtoTimestamp.self, "\"\(text)\"")
    }
    #expect(error.code == .invalidText)
  }

  @Test(
    "A timestamp out of range has no JSON form",
    arguments: [
      (-62_135_596_801, 0), (253_402_300_800, 0), (0, -1), (0, 1_000_000_000), (.max, 0),
      (.min, .min),
    ] as [(Int64, Int32)])
  func unwritableTimestamp(seconds: Int64, nanos: Int32) throws {
    let error = try #require(throws: ProtoJSONError.self) {
      try JSONPool.json(
        ProtoTimestamp.with {
          $0.seconds = seconds; $0.nanos = nanos
        })
    }
    #expect(error.code == .outOfRange)
  }

  @Test("Days of four centuries follow one another, and read back")
  func calendar() throws {
    let pool = try JSONPool.shared.get()
    // A later day's text is greater. Seven and the lengths of months and years have no common divisor, so that
    // all kinds of days come.
    var last: [UInt8] = []
    for day in stride(from: -80_000 as Int64, to: 70_000, by: 7) {
      let message = ProtoTimestamp.with { $0.seconds = day * 86_400 }
      let json = try message.json(pool)
      #expect(last.lexicographicallyPrecedes(json))
      last = json
      if day % 5 == 0 { #expect(try ProtoTimestamp(json: json, pool) == message) }
    }
  }

  // MARK: Durations

  @Test(
    "Durations are seconds with as many digits as they need",
    arguments: [
      ("0s", 0, 0), ("1s", 1, 0), ("-1s", -1, 0), ("1.500s", 1, 500_000_000),
      ("0.000001s", 0, 1000),
      ("-0.000000001s", 0, -1), ("-1.000000001s", -1, -1),
      ("315576000000.999999999s", 315_576_000_000, 999_999_999),
      ("-315576000000.999999999s", -315_576_000_000, -999_999_999),
    ] as [(String, Int64, Int32)])
  func durations(text: String, seconds: Int64, nanos: Int32) throws {
    let message = ProtoDuration.with {
      $0.seconds = seconds; $0.nanos = nanos
    }
    #expect(try JSONPool.json(message) == "\"\(text)\"")
    #expect(try JSONPool.message(ProtoDuration.self, "\"\(text)\"") == message)
  }

  @Test(
    "What is no duration is refused",
    arguments: [
      "", "s", "1", "1 s", "1S", "+1s", "--1s", "1.s", ".5s", "1.1234567890s", "1e3s", "1,5s",
      "315576000001s", "99999999999999999999s", "1s ",
    ])
  func noDuration(text: String) throws {
    let error = try #require(throws: ProtoJSONError.self) {
      try JSONPool.message(ProtoDuration.self, "\"\(text)\"")
    }
    #expect(error.code == .invalidText)
  }

  @Test(
    "A duration out of range or with two signs has no JSON form",
    arguments: [
      (315_576_000_001, 0), (-315_576_000_001, 0), (1, -1), (-1, 1), (0, 1_000_000_000),
      (.min, .min),
    ] as [(Int64, Int32)])
  func unwritableDuration(seconds: Int64, nanos: Int32) throws {
    let error = try #require(throws: ProtoJSONError.self) {
      try JSONPool.json(
        ProtoDuration.with {
          $0.seconds = seconds; $0.nanos = nanos
        })
    }
    #expect(error.code == .outOfRange)
  }

  // MARK: Field masks

  @Test(
    "Field masks are one string of paths in camel case",
    arguments: [
      (#""""#, []), (#""a""#, ["a"]), (#""fooBar,b.cD,e1""#, ["foo_bar", "b.c_d", "e1"]),
    ] as [(String, [String])])
  func masks(json: String, paths: [String]) throws {
    let message = ProtoFieldMask.with { $0.paths = paths }
    #expect(try JSONPool.json(message) == json)
    #expect(try JSONPool.message(ProtoFieldMask.self, json) == message)
  }

  @Test(
    "A path that would not read back has no JSON form",
    arguments: [
      "fooBar", "foo__bar", "foo_", "foo_1", "foo_.a", "a b", "é",
    ])
  func unwritableMask(path: String) throws {
    let error = try #require(throws: ProtoJSONError.self) {
      try JSONPool.json(ProtoFieldMask.with { $0.paths = [path] })
    }
    #expect(error.code == .notRepresentable)
  }

  @Test("A mask with other characters is refused", arguments: ["foo_bar", "a b", "a;b", "é"])
  func noMask(text: String) throws {
    let error = try #require(throws: ProtoJSONError.self) {
      try JSONPool.message(ProtoFieldMask.self, "\"\(text)\"")
    }
    #expect(error.code == .invalidText)
  }

  // MARK: Structures

  @Test(
    "Struct, Value and ListValue are any JSON",
    arguments: [
      "null", "1.5", "-0.0", #""text""#, "true", "[]", "{}", #"[null,1.0,"a",[true],{"b":[]}]"#,
      #"{"a":null,"b":{"c":[{"d":"NaN"}]}}"#,
    ])
  func values(json: String) throws {
    let value = try JSONPool.message(ProtoValue.self, json)
    #expect(try JSONPool.json(value) == json)
    let field = try JSONPool.message(WellKnown.self, #"{"value":\#(json)}"#)
    #expect(field.value == value)
    #expect(try JSONPool.json(field) == #"{"value":\#(json)}"#)
    if json.hasPrefix("[") {
      let list = try JSONPool.message(ProtoListValue.self, json)
      #expect(value.kind == .listValue(list))
      #expect(try JSONPool.json(list) == json)
    }
    if json.hasPrefix("{") {
      let structure = try JSONPool.message(ProtoStruct.self, json)
      #expect(value.kind == .structValue(structure))
      #expect(try JSONPool.json(structure) == json)
    }
  }

  @Test("A null is a value where the field is a Value, and nothing elsewhere")
  func nulls() throws {
    let json =
      #"{"timestamp":null,"value":null,"list":null,"aBool":null,"values":[null],"byName":{"a":null}}"#
    let message = try JSONPool.message(WellKnown.self, json)
    let null = ProtoValue.with { $0.kind = .nullValue(ProtoNullValue()) }
    #expect(
      message
        == .with {
          $0.value = null; $0.values = [null]; $0.byName = ["a": null]
        })
    #expect(try JSONPool.json(message) == #"{"value":null,"values":[null],"byName":{"a":null}}"#)
  }

  @Test("NullValue is null, also as an element, and is read by name and number")
  func nullValues() throws {
    let message = try JSONPool.message(
      WellKnown.self, #"{"nothing":null,"nothings":[null,"NULL_VALUE",0]}"#)
    #expect(message.nothings.count == 3)
    #expect(try JSONPool.json(message) == #"{"nothings":[null,null,null]}"#)
  }

  @Test(
    "Infinity and NaN are no JSON values", arguments: [.infinity, -.infinity, .nan] as [Double])
  func unwritableValue(number: Double) throws {
    let error = try #require(throws: ProtoJSONError.self) {
      try JSONPool.json(ProtoValue.with { $0.kind = .numberValue(number) })
    }
    #expect(error.code == .notRepresentable)
  }

  @Test("What is not an object is no Struct, what is not an array no ListValue")
  func noStructure() {
    for json in ["[]", "1", #""{}""#] {
      #expect(throws: ProtoJSONError.self) { try JSONPool.message(ProtoStruct.self, json) }
    }
    for json in ["{}", "1", #""[]""#] {
      #expect(throws: ProtoJSONError.self) { try JSONPool.message(ProtoListValue.self, json) }
    }
  }

  // MARK: Wrappers

  @Test("Wrappers are their values, and a default is not nothing")
  func wrappers() throws {
    let message = WellKnown.with {
      $0.aBool = .with { $0.value = true }
      $0.anInt32 = .with { $0.value = -1 }
      $0.anInt64 = .with { $0.value = .min }
      $0.aUint32 = .with { $0.value = .max }
      $0.aUint64 = .with { $0.value = .max }
      $0.aFloat = .with { $0.value = 0.1 }
      $0.aDouble = .with { $0.value = .infinity }
      $0.aString = .with { $0.value = "text" }
      $0.someBytes = .with { $0.value = [255] }
    }
    let json =
      #"{"aBool":true,"anInt32":-1,"anInt64":"-9223372036854775808","aUint32":4294967295,"#
      + #""aUint64":"18446744073709551615","aFloat":0.1,"aDouble":"Infinity","aString":"text","#
      + #""someBytes":"/w=="}"#
    #expect(try JSONPool.json(message) == json)
    #expect(try JSONPool.message(WellKnown.self, json) == message)

    let defaults = WellKnown.with {
      $0.aBool = ProtoBoolValue()
      $0.anInt64 = ProtoInt64Value()
      $0.aString = ProtoStringValue()
    }
    let zeros = #"{"aBool":false,"anInt64":"0","aString":""}"#
    #expect(try JSONPool.json(defaults) == zeros)
    #expect(try JSONPool.message(WellKnown.self, zeros) == defaults)
  }

  @Test("Empty is an empty object")
  func empty() throws {
    let message = WellKnown.with { $0.empty = ProtoEmpty() }
    #expect(try JSONPool.json(message) == #"{"empty":{}}"#)
    #expect(try JSONPool.message(WellKnown.self, #"{"empty":{}}"#) == message)
    #expect(throws: ProtoJSONError.self) { try JSONPool.message(ProtoEmpty.self, #"{"a":1}"#) }
    #expect(throws: ProtoJSONError.self) { try JSONPool.message(ProtoEmpty.self, "[]") }
  }

  // MARK: Any

  private static func any(_ message: some ProtoMessage) -> ProtoAny {
    .with {
      $0.typeUrl = "type.googleapis.com/" + type(of: message).protoName
      $0.value = message.encoded()
    }
  }

  @Test(
    "An Any has the type's name and its fields, or its value where the type has a form of its own")
  func anys() throws {
    let cases: [(String, ProtoAny)] = [
      ("{}", ProtoAny()),
      (
        #"{"@type":"type.googleapis.com/verbatim.testing.Scalars","anInt32":3,"aString":"x"}"#,
        Self.any(
          Scalars.with {
            $0.anInt32 = 3; $0.aString = "x"
          })
      ),
      (
        #"{"@type":"type.googleapis.com/verbatim.testing.Scalars"}"#, Self.any(Scalars())
      ),
      (
        #"{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1.500s"}"#,
        Self.any(
          ProtoDuration.with {
            $0.seconds = 1; $0.nanos = 500_000_000
          })
      ),
      (
        #"{"@type":"type.googleapis.com/google.protobuf.Int64Value","value":"0"}"#,
        Self.any(ProtoInt64Value())
      ),
      (
        #"{"@type":"type.googleapis.com/google.protobuf.Empty","value":{}}"#, Self.any(ProtoEmpty())
      ),
      (
        #"{"@type":"type.googleapis.com/google.protobuf.Any","value":{"@type":"type.googleapis.com/verbatim.testing.Node","value":7}}"#,
        Self.any(Self.any(Node.with { $0.value = 7 }))
      ),
    ]
    for (json, any) in cases {
      #expect(try JSONPool.json(any) == json)
      #expect(try JSONPool.message(ProtoAny.self, json) == any)
    }
  }

  @Test("The type may come after the fields")
  func lateType() throws {
    let json = #"{"anInt32":3,"@type":"x/verbatim.testing.Scalars","aBool":true}"#
    let any = try JSONPool.message(ProtoAny.self, json)
    #expect(any.typeUrl == "x/verbatim.testing.Scalars")
    #expect(
      try Scalars(decoding: any.value)
        == .with {
          $0.anInt32 = 3; $0.aBool = true
        })
  }

  @Test(
    "An Any that names no type of the pool, or is not of its form, is refused",
    arguments: [
      (#"{"anInt32":1}"#, .unknownType), (#"{"@type":"verbatim.testing.Scalars"}"#, .unknownType),
      (#"{"@type":"a/b.c"}"#, .unknownType), (#"{"@type":1}"#, .wrongKind), ("[]", .wrongKind),
      (#"{"@type":"a/verbatim.testing.Scalars","@type":"a/verbatim.testing.Node"}"#, .duplicate),
      (#"{"@type":"a/verbatim.testing.Scalars","nope":1}"#, .unknownName),
      (#"{"@type":"a/google.protobuf.Duration"}"#, .unknownType),
      (#"{"@type":"a/google.protobuf.Duration","value":"1s","value":"2s"}"#, .duplicate),
      (#"{"@type":"a/google.protobuf.Duration","value":"1s","x":1}"#, .unknownName),
      (#"{"@type":"a/google.protobuf.Duration","value":1}"#, .wrongKind),
    ] as [(String, ProtoJSONError.Code)])
  func noAny(json: String, code: ProtoJSONError.Code) throws {
    let error = try #require(throws: ProtoJSONError.self) {
      try JSONPool.message(ProtoAny.self, json)
    }
    #expect(error.code == code, "\(error)")
  }

  @Test(
    "An Any of a type that is not in the pool, or of bytes that are not of its type, has no JSON form"
  )
  func unwritableAny() throws {
    func error(_ url: String, _ bytes: [UInt8]) throws -> ProtoJSONError {
      let message = WellKnown.with {
        $0.any = .with {
          $0.typeUrl = url; $0.value = bytes
        }
      }
      return try #require(throws: ProtoJSONError.self) { try JSONPool.json(message) }
    }
    #expect(try error("a/b.C", []).code == .unknownType)
    #expect(try error("b.C", []).code == .unknownType)
    #expect(try error("", [1]).code == .unknownType)
    #expect(try error("a/verbatim.testing.Scalars", [0x18]).code == .malformedBinary)
    #expect(try error("a/verbatim.testing.Scalars", [0x18]).path == "any")
  }
}
