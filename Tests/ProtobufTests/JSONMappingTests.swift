internal import JSON
internal import Protobuf
internal import ProtobufJSON
internal import Testing

@Suite("JSON mapping")
struct JSONMappingTests {
  private static let scalars: [(String, Scalars)] = [
    (#"{}"#, Scalars()),
    (#"{"aDouble":1.5}"#, .with { $0.aDouble = 1.5 }),
    (#"{"aDouble":-0.0}"#, .with { $0.aDouble = -0.0 }),
    (#"{"aDouble":5e-324}"#, .with { $0.aDouble = .leastNonzeroMagnitude }),
    (#"{"aDouble":"Infinity"}"#, .with { $0.aDouble = .infinity }),
    (#"{"aDouble":"-Infinity"}"#, .with { $0.aDouble = -.infinity }),
    (#"{"aFloat":0.1}"#, .with { $0.aFloat = 0.1 }),
    (#"{"aFloat":3.4028235e+38}"#, .with { $0.aFloat = .greatestFiniteMagnitude }),
    (#"{"anInt32":-2147483648}"#, .with { $0.anInt32 = .min }),
    (#"{"anInt64":"-9223372036854775808"}"#, .with { $0.anInt64 = .min }),
    (#"{"anInt64":"9007199254740993"}"#, .with { $0.anInt64 = 9_007_199_254_740_993 }),
    (#"{"aUint32":4294967295}"#, .with { $0.aUint32 = .max }),
    (#"{"aUint64":"18446744073709551615"}"#, .with { $0.aUint64 = .max }),
    (
      #"{"aSint32":-1,"aSint64":"-1"}"#,
      .with {
        $0.aSint32 = -1; $0.aSint64 = -1
      }
    ),
    (
      #"{"aFixed32":1,"aFixed64":"2"}"#,
      .with {
        $0.aFixed32 = 1; $0.aFixed64 = 2
      }
    ),
    (
      #"{"aSfixed32":-1,"aSfixed64":"-2"}"#,
      .with {
        $0.aSfixed32 = -1; $0.aSfixed64 = -2
      }
    ),
    (#"{"aBool":true}"#, .with { $0.aBool = true }),
    (#"{"aString":"é\"\\\n\u0001😀/"}"#, .with { $0.aString = "é\"\\\n\u{1}😀/" }),
    (#"{"someBytes":"AP8/"}"#, .with { $0.someBytes = [0, 0xff, 0x3f] }),
    (#"{"color":"COLOR_GREEN"}"#, .with { $0.color = .green }),
    (#"{"color":-1}"#.replacing("-1", with: #""COLOR_DARK""#), .with { $0.color = .dark }),
    (#"{"color":77}"#, .with { $0.color = .unrecognized(77) }),
  ]

  @Test("Each scalar is written as the mapping says, and read back", arguments: Self.scalars)
  func scalar(json: String, message: Scalars) throws {
    #expect(try JSONPool.json(message) == json)
    #expect(try JSONPool.message(Scalars.self, json) == message)
  }

  @Test("NaN is a string")
  func nan() throws {
    let json = #"{"aDouble":"NaN","aFloat":"NaN"}"#
    let message = try JSONPool.message(Scalars.self, json)
    #expect(message.aDouble.isNaN && message.aFloat.isNaN)
    #expect(try JSONPool.json(message) == json)
  }

  @Test(
    "Numbers are read in every form that keeps their value",
    arguments: [
      (#"{"anInt32":"12"}"#, .with { $0.anInt32 = 12 }),
      (#"{"anInt32":12.0}"#, .with { $0.anInt32 = 12 }),
      (#"{"anInt32":1.2e1}"#, .with { $0.anInt32 = 12 }),
      (#"{"anInt32":120E-1}"#, .with { $0.anInt32 = 12 }),
      (#"{"anInt32":-0}"#, Scalars()),
      (#"{"anInt64":9007199254740993}"#, .with { $0.anInt64 = 9_007_199_254_740_993 }),
      (#"{"anInt64":"1e3"}"#, .with { $0.anInt64 = 1000 }),
      (#"{"aUint64":18446744073709551615}"#, .with { $0.aUint64 = .max }),
      (#"{"aUint64":-0}"#, Scalars()),
      (#"{"aDouble":"1.5"}"#, .with { $0.aDouble = 1.5 }),
      (#"{"aDouble":1}"#, .with { $0.aDouble = 1 }),
      (#"{"aFloat":"-0.0"}"#, .with { $0.aFloat = -0.0 }),
      (#"{"color":2}"#, .with { $0.color = .green }),
      (#"{"color":"COLOR_UNSPECIFIED"}"#, Scalars()),
      (#"{"someBytes":"-_-_"}"#, .with { $0.someBytes = [0xfb, 0xff, 0xbf] }),
      (#"{"someBytes":"AP8"}"#, .with { $0.someBytes = [0, 0xff] }),
      (
        #" { "aBool" : true , "aString" : "\u00e9\ud83d\ude00" } "#,
        .with {
          $0.aBool = true; $0.aString = "é😀"
        }
      ),
      (
        #"{"a_bool":true,"an_int32":1}"#,
        .with {
          $0.aBool = true; $0.anInt32 = 1
        }
      ),
      (#"{"aBool":null,"color":null,"aString":null}"#, Scalars()),
    ] as [(String, Scalars)])
  func forms(json: String, message: Scalars) throws {
    #expect(try JSONPool.message(Scalars.self, json) == message)
  }

  @Test(
    "A float is the nearest to the digits, also where the nearest double is half way to the next")
  func floatRounding() throws {
    // Just above the middle between 1 and the next float; its nearest double is the middle itself.
    let text = "1.00000005960464477540"
    let message = try JSONPool.message(Scalars.self, #"{"aFloat":\#(text)}"#)
    #expect(message.aFloat == Float(1).nextUp)
    let tiny = try JSONPool.message(Scalars.self, #"{"aFloat":1e-45}"#)
    #expect(tiny.aFloat == Float.leastNonzeroMagnitude)
  }

  @Test("Fields with presence are written with their defaults, others are not")
  func presence() throws {
    let message = Optionals.with {
      $0.anInt32 = 0
      $0.aString = ""
      $0.color = .unspecified
      $0.aDouble = 0
    }
    let json = #"{"aDouble":0.0,"anInt32":0,"aString":"","color":"COLOR_UNSPECIFIED"}"#
    #expect(try JSONPool.json(message) == json)
    #expect(try JSONPool.message(Optionals.self, json) == message)
    #expect(try JSONPool.message(Optionals.self, #"{"anInt32":null}"#) == Optionals())
  }

  @Test("Repeated fields are arrays")
  func repeated() throws {
    let message = Repeated.with {
      $0.anInt64 = [1, -1]
      $0.aBool = [false, true]
      $0.aString = ["", "a"]
      $0.color = [.red, .unspecified]
      $0.scalars = [.with { $0.anInt32 = 1 }, Scalars()]
      $0.unpacked = [3, 4]
    }
    let json =
      #"{"anInt64":["1","-1"],"aBool":[false,true],"aString":["","a"],"#
      + #""color":["COLOR_RED","COLOR_UNSPECIFIED"],"scalars":[{"anInt32":1},{}],"unpacked":[3,4]}"#
    #expect(try JSONPool.json(message) == json)
    #expect(try JSONPool.message(Repeated.self, json) == message)
    #expect(try JSONPool.message(Repeated.self, #"{"aBool":[],"scalars":null}"#) == Repeated())
  }

  @Test("Maps are objects, whose names are the keys in text")
  func maps() throws {
    let message = Maps.with {
      $0.text = ["": "x", "k\"": ""]
      $0.int32 = [-1: -2]
      $0.int64 = [.min: 0.5]
      $0.uint64 = [.max: true]
      $0.sint32 = [5: [1]]
      $0.sint64 = [6: .red]
      $0.fixed32 = [7: .with { $0.aBool = true }]
      $0.sfixed64 = [-8: "e"]
      $0.bool = [true: Maps(), false: Maps()]
    }
    let json =
      #"{"text":{"":"x","k\"":""},"int32":{"-1":"-2"},"int64":{"-9223372036854775808":0.5},"#
      + #""uint64":{"18446744073709551615":true},"sint32":{"5":"AQ=="},"#
      + #""sint64":{"6":"COLOR_RED"},"fixed32":{"7":{"aBool":true}},"sfixed64":{"-8":"e"},"#
      + #""bool":{"false":{},"true":{}}}"#
    #expect(try JSONPool.json(message) == json)
    #expect(try JSONPool.message(Maps.self, json) == message)
    #expect(try JSONPool.message(Maps.self, #"{"text":{},"bool":null}"#) == Maps())
  }

  @Test("Of a map's entries with one key the last counts")
  func repeatedKeys() throws {
    // Field 2 (int32 to int64): 1 → 1, 2 → 2, 1 → 3, with keys of one and of five bytes.
    let bytes: [UInt8] = [
      0x12, 4, 0x08, 1, 0x10, 1, 0x12, 4, 0x08, 2, 0x10, 2,
      0x12, 8, 0x08, 0x81, 0x80, 0x80, 0x80, 0x00, 0x10, 3,
    ]
    let json = try JSONPool.shared.get().json(from: bytes, as: Maps.protoName)
    #expect(String(decoding: json, as: UTF8.self) == #"{"int32":{"2":"2","1":"3"}}"#)
  }

  @Test("Keys that look alike but have other bytes are two keys")
  func normalization() throws {
    let json = Array("{\"text\":{\"e\u{301}\":\"a\",\"\u{e9}\":\"b\"}}".utf8)
    let pool = try JSONPool.shared.get()
    let binary = try pool.binary(fromJSON: json, as: Maps.protoName)
    #expect(try pool.json(from: binary, as: Maps.protoName) == json)
  }

  @Test(
    "Oneofs are the member that is set",
    arguments: [
      (#"{"text":""}"#, .text("")), (#"{"number":0}"#, .number(0)),
      (#"{"data":"AQ=="}"#, .data([1])),
      (#"{"color":"COLOR_UNSPECIFIED"}"#, .color(.unspecified)),
      (#"{"scalars":{}}"#, .scalars(Scalars())),
      (
        #"{"inner":{"inner":{"text":"x"}}}"#,
        .inner(.with { $0.kind = .inner(.with { $0.kind = .text("x") }) })
      ),
      (#"{"nothing":null}"#, .nothing(ProtoNullValue())),
    ] as [(String, Choice.KindOneof)])
  func oneofs(json: String, kind: Choice.KindOneof) throws {
    let message = Choice.with { $0.kind = kind }
    #expect(try JSONPool.json(message) == json)
    #expect(try JSONPool.message(Choice.self, json) == message)
  }

  @Test("In binary, what comes before another member of the oneof is void")
  func replacedOneofs() throws {
    let a = Choice.with { $0.kind = .scalars(.with { $0.anInt32 = 1 }) }.encoded()
    let text = Choice.with { $0.kind = .text("x") }.encoded()
    let b = Choice.with { $0.kind = .scalars(.with { $0.aBool = true }) }.encoded()
    let after = Choice.with { $0.after = "z" }.encoded()
    let pool = try JSONPool.shared.get()
    func json(_ bytes: [UInt8]) throws -> String {
      String(decoding: try pool.json(from: bytes, as: Choice.protoName), as: UTF8.self)
    }
    #expect(try json(a + b) == #"{"scalars":{"anInt32":1,"aBool":true}}"#)
    #expect(try json(after + a + text + b) == #"{"scalars":{"aBool":true},"after":"z"}"#)
    #expect(try json(a + text + after) == #"{"text":"x","after":"z"}"#)
  }

  @Test("Random messages read back equal through JSON", arguments: 1...8 as ClosedRange<UInt64>)
  func roundTrip(seed: UInt64) throws {
    let pool = try JSONPool.shared.get()
    var messages = RandomMessages(seed: seed)
    for _ in 0..<2 {
      let message = messages.everything(depth: 0)
      for names in [ProtoJSONOptions.FieldNames.json, .proto] {
        for format in [ProtoJSONOptions().format, .indented] {
          for includesDefaults in [false, true] {
            let options = ProtoJSONOptions(
              fieldNames: names, includesDefaults: includesDefaults, format: format)
            let json = try message.json(pool, options: options)
            #expect(try Everything(json: json, pool) == message, "seed \(seed)")
          }
        }
      }
    }
  }

  @Test("Any order of fields, and packed or not, gives the same JSON")
  func order() throws {
    let pool = try JSONPool.shared.get()
    // Field 18 unpacked, field 3 packed, field 3 unpacked, field 18 packed, unknown field 100.
    let bytes: [UInt8] = [
      0x90, 0x01, 2, 0x1a, 2, 1, 2, 0x18, 3, 0x92, 0x01, 2, 4, 6, 0xa0, 0x06, 1,
    ]
    let json = try pool.json(from: bytes, as: Repeated.protoName)
    #expect(String(decoding: json, as: UTF8.self) == #"{"anInt32":[1,2,3],"unpacked":[1,2,3]}"#)
  }
}
