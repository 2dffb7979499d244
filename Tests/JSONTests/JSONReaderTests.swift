internal import JSON
internal import Testing

@Suite("JSON reader")
struct JSONReaderTests {
  private func parse(_ text: String) throws -> JSONValue { try JSONDocument(parsing: text).root }

  @Test(
    "What RFC 8259 allows is accepted",
    arguments: [
      "null", "true", "false", "0", "-0", "1", "-1", "10", "0.1", "1e5", "1E5", "1e+5", "1e-5",
      "0e1", "-0.0e-0", "1.5e300", "1e999999", "123456789012345678901234567890", "\"\"", "\"a\"",
      "\"\u{7f}\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"",
      "\"\\uD83D\\uDE00\"", "\"\u{2028}\u{feff}😀é\"", "[]", "{}", " [ ] ", "\n{\t}\r\n", "[1]",
      "[1,2]", "[[],[[]],{}]", "{\"\":0}", "{\"a\":1,\"a\":2}", "[\"a\",{\"b\":[null]}]",
      "\"longer than eight bytes without an escape\"",
    ])
  func accepts(_ text: String) throws {
    let document = try JSONDocument(parsing: text)
    #expect(document.nodeCount > 0)
    // What was read and written again reads as the same.
    var writer = JSONWriter()
    writer.value(document.root)
    let again = try JSONDocument(parsing: writer.bytes)
    #expect(Self.equal(document.root, again.root))
  }

  @Test(
    "What RFC 8259 does not allow is refused, at the byte where it goes wrong",
    arguments: [
      ("nul", 3), ("nulL", 3), ("True", 0), ("nullx", 4), ("true false", 5), ("+1", 0), (".5", 0),
      ("1.", 2), ("1.e5", 2), ("01", 1), ("-01", 2), ("-", 1), ("-a", 1), ("1e", 2), ("1e+", 3),
      ("0x10", 1), ("NaN", 0), ("Infinity", 0), ("-Infinity", 1), ("'a'", 0), ("\"a", 2),
      ("\"\\", 2), ("\"\\x\"", 2), ("\"\\u12\"", 5), ("\"\\u12g4\"", 5), ("\"\\U0041\"", 2),
      ("\"a\nb\"", 2), ("\"a\tb\"", 2), ("\"\0\"", 1), ("[", 1), ("[1", 2), ("[1,", 3),
      ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("]", 0), ("[1}", 2), ("{", 1), ("{\"a\"", 4),
      ("{\"a\":", 5), ("{\"a\":1", 6), ("{\"a\":1,", 7), ("{\"a\":1,}", 7), ("{a:1}", 1),
      ("{1:1}", 1), ("{\"a\" 1}", 5), ("{\"a\":1]", 6), ("{\"a\",1}", 4), ("[1]]", 3),
      ("/* */1", 0), ("1//", 1), ("", 0), ("  ", 2), ("\u{feff}1", 0), ("\u{a0}1", 0),
      ("\u{0c}1", 0), ("[\u{0b}1]", 1), ("1\0", 1), ("[1]\0", 3), ("\"\\u0000", 7),
    ])
  func refuses(_ text: String, at offset: Int) throws {
    let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: text) }
    #expect(error?.offset == offset)
    // Either the text is cut, or a byte of it is wrong; a zero that was sent is not the end.
    #expect(error?.code == (offset == text.utf8.count ? .unexpectedEnd : .syntax))
  }

  @Test(
    "Bytes that are not UTF-8 are refused wherever they are",
    arguments: [
      ([0x22, 0xff, 0x22], 1), ([0x22, 0xc0, 0x80, 0x22], 1), ([0x22, 0xed, 0xa0, 0x80, 0x22], 1),
      ([0x22, 0xe2, 0x82, 0x22], 1), ([0x31, 0x80], 1),
      ([0x22, 0x61, 0xf5, 0x80, 0x80, 0x80, 0x22], 2),
      ([0xff, 0xfe, 0x31, 0x00], 0),
    ] as [([UInt8], Int)])
  func refusesInvalidUTF8(_ bytes: [UInt8], at offset: Int) throws {
    let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: bytes) }
    #expect(error?.code == .invalidUTF8)
    #expect(error?.offset == offset)
  }

  @Test(
    "Half a surrogate pair is refused, or replaced where that is asked for",
    arguments: [
      ("\\ud800", "\u{fffd}"), ("\\udc00", "\u{fffd}"), ("\\ud800x", "\u{fffd}x"),
      ("\\ud800\\n", "\u{fffd}\n"), ("\\ud800\\ud800", "\u{fffd}\u{fffd}"),
      ("\\ud83d\\ud83d\\ude00", "\u{fffd}😀"), ("\\ude00\\ud83d", "\u{fffd}\u{fffd}"),
      ("\\ud800\\u0041", "\u{fffd}A"),
    ])
  func loneSurrogates(_ escaped: String, _ replaced: String) throws {
    let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: "\"\(escaped)\"") }
    #expect(error?.code == .loneSurrogate)
    let limits = JSONLimits(loneSurrogates: .replace)
    #expect(try JSONDocument(parsing: "\"\(escaped)\"", limits: limits).root.string == replaced)
  }

  @Test("Strings are decoded, with escapes and without")
  func strings() throws {
    #expect(try self.parse("\"plain é😀\"").string == "plain é😀")
    #expect(
      try self.parse(#""\u0041\u00e9\u20ac\ud83d\ude00\"\\\/\b\f\n\r\t""#).string
        == "Aé€😀\"\\/\u{8}\u{c}\n\r\t")
    #expect(try self.parse("\"\\u0000\"").string == "\0")
    #expect(try self.parse("1").string == nil)
    #expect(try self.parse("\"x\"").withUTF8 { $0.count } == 1)
  }

  @Test("Integers of 64 bits are exact, in any form, and never rounded")
  func integers() throws {
    let cases: [(String, Int64?, UInt64?)] = [
      ("0", 0, 0), ("-0", 0, 0), ("9007199254740993", 9_007_199_254_740_993, 9_007_199_254_740_993),
      ("9223372036854775807", .max, 9_223_372_036_854_775_807),
      ("9223372036854775808", nil, 9_223_372_036_854_775_808),
      ("-9223372036854775808", .min, nil), ("-9223372036854775809", nil, nil),
      ("18446744073709551615", nil, .max), ("18446744073709551616", nil, nil),
      ("1e3", 1000, 1000), ("1.0", 1, 1), ("1.50e1", 15, 15), ("1.5", nil, nil),
      ("10e-1", 1, 1), ("1e-1", nil, nil), ("0e999999999999999999999", 0, 0),
      ("1e999999999999999999999", nil, nil),
      ("100000000000000000000e-2", 1_000_000_000_000_000_000, 1_000_000_000_000_000_000),
      ("9223372036854775807.000", .max, 9_223_372_036_854_775_807),
      ("9223372036854775806.5", nil, nil), ("0.000000000000000000000000001e27", 1, 1),
      ("9.223372036854775807e18", .max, 9_223_372_036_854_775_807),
    ]
    for (text, signed, unsigned) in cases {
      let value = try self.parse(text)
      #expect(value.int64 == signed, "\(text)")
      #expect(value.uint64 == unsigned, "\(text)")
    }
    #expect(try self.parse("\"1\"").int64 == nil)
  }

  @Test("Doubles are the nearest, and there is none beyond the largest")
  func doubles() throws {
    for text in [
      "0", "-0", "0.1", "1e22", "1e23", "123456.789e-7", "9007199254740993", "5e-324", "2e-324",
      "1.7976931348623157e308", "3.14159265358979323846264338327950288", "1e-400", "-2.5E+3",
      "0.000001", "8.41", "2.2250738585072011e-308", "1e0022",
    ] {
      let expected = try #require(Double(text))
      #expect(try self.parse(text).double?.bitPattern == expected.bitPattern, "\(text)")
    }
    #expect(try self.parse("1e400").double == nil)
    #expect(try self.parse("-1e999999999").double == nil)
    #expect(try self.parse("null").double == nil)
  }

  @Test("Members are found by name, the last of several, through escapes, and only in objects")
  func lookup() throws {
    let root = try self.parse(
      #"{"a":1,"b":{"a":[10,20,{"c":"deep"}]},"a":2,"\u0065\u0301":3,"":4,"long name here":5}"#)
    #expect(root["a"]?.int64 == 2)
    #expect(root["b"]?["a"]?[2]?["c"]?.string == "deep")
    #expect(root["e\u{301}"]?.int64 == 3)
    #expect(root["é"] == nil)  // The same character, other bytes.
    #expect(root[""]?.int64 == 4)
    #expect(root["long name here"]?.int64 == 5)
    #expect(root["missing"] == nil)
    #expect(root["a"]?["b"] == nil)
    #expect(root[0] == nil)
    #expect(root.count == 6)
    #expect(root.members.map(\.name) == ["a", "b", "a", "e\u{301}", "", "long name here"])
    let array = try #require(root["b"]?["a"])
    #expect(array.elements.map(\.int64) == [10, 20, nil])
    #expect(array[3] == nil)
    #expect(array[-1] == nil)
    #expect(array["c"] == nil)
    #expect(Array(array.members).isEmpty && Array(root.elements).isEmpty)
  }

  @Test("A value tells where it is and what its text was")
  func places() throws {
    let root = try self.parse(#" {"a": [1, "x\n" ], "b":true}"#)
    #expect(root.offset == 1)
    let array = try #require(root["a"])
    #expect(String(decoding: array.encoded, as: UTF8.self) == #"[1, "x\n" ]"#)
    #expect(array[1]?.offset == 11)
    #expect(String(decoding: try #require(array[1]).encoded, as: UTF8.self) == #""x\n""#)
    #expect(root.kind == .object && array.kind == .array && array[0]?.kind == .number)
    #expect(root["b"]?.bool == true && root["b"]?.kind == .bool)
    #expect("\(root)" == "an object of 2 members")
  }

  @Test("Strings are compared without decoding those that have no escapes")
  func comparing() throws {
    #expect(try self.parse("\"abc\"").utf8Equals("abc"))
    #expect(try !self.parse("\"abc\"").utf8Equals("abd"))
    #expect(try !self.parse("\"abc\"").utf8Equals("ab"))
    #expect(try self.parse("\"\\u0061bc\"").utf8Equals("abc"))
    #expect(try !self.parse("\"\\u0061bc\"").utf8Equals("\\u0061bc"))
    #expect(try !self.parse("1").utf8Equals("1"))
  }

  @Test("Each limit refuses what is beyond it and nothing before")
  func limits() throws {
    func code(_ text: String, _ limits: JSONLimits) -> JSONError.Code? {
      do throws(JSONError) {
        _ = try JSONDocument(parsing: text, limits: limits)
        return nil
      } catch {
        return error.code
      }
    }
    #expect(code("[1]", JSONLimits(maxBytes: 3)) == nil)
    #expect(code("[12]", JSONLimits(maxBytes: 3)) == .tooLarge)
    #expect(code("[[{}]]", JSONLimits(maxDepth: 3)) == nil)
    #expect(code("[[{\"a\":[]}]]", JSONLimits(maxDepth: 3)) == .tooDeep)
    #expect(code("[[],[],[[]]]", JSONLimits(maxDepth: 3)) == nil)
    #expect(code("[1,{\"a\":2}]", JSONLimits(maxNodes: 5)) == nil)
    #expect(code("[1,{\"a\":2}]", JSONLimits(maxNodes: 4)) == .tooManyNodes)
    #expect(code("1", JSONLimits(maxNodes: 0)) == .tooManyNodes)
    #expect(code("12.5", JSONLimits(maxNumberBytes: 4)) == nil)
    #expect(code("12.5e", JSONLimits(maxNumberBytes: 4)) == .unexpectedEnd)
    #expect(code("12.55", JSONLimits(maxNumberBytes: 4)) == .numberTooLong)
    let many = "[" + String(repeating: "1,", count: 99_999) + "1]"
    #expect(try JSONDocument(parsing: many).root.count == 100_000)
    #expect(code(many, JSONLimits(maxNodes: 100_001)) == nil)
    #expect(code(many, JSONLimits(maxNodes: 100_000)) == .tooManyNodes)
    let deep = String(repeating: "[", count: 100_000)
    #expect(code(deep, JSONLimits()) == .tooDeep)
    #expect(code(deep, JSONLimits(maxDepth: .max)) == .unexpectedEnd)
  }

  @Test("A text cut at any byte is refused as cut, except inside a number at its end")
  func cutAnywhere() throws {
    let text = Array(#"{"a":[1.5e3,true,null,"x\u00e9\n😀"],"b":{"c":-0}}"#.utf8)
    #expect(throws: Never.self) { try JSONDocument(parsing: text) }
    for count in 0..<text.count {
      let error = #expect(throws: JSONError.self) {
        try JSONDocument(parsing: Array(text[..<count]))
      }
      #expect(error?.code == .unexpectedEnd || error?.code == .invalidUTF8)
    }
  }

  @Test("Values outlive the document that they came from")
  func lifetimes() throws {
    let value: JSONValue = try {
      try JSONDocument(parsing: #"{"a":"a string of some length"}"#).root["a"]!
    }()
    #expect(value.string == "a string of some length")
  }

  /// Whether two values say the same, member by member.
  static func equal(_ a: JSONValue, _ b: JSONValue) -> Bool {
    guard a.kind == b.kind, a.count == b.count else { return false }
    switch a.kind {
    case .null: return true
    case .bool: return a.bool == b.bool
    case .number: return a.encoded == b.encoded
    case .string: return a.string == b.string
    case .array: return zip(a.elements, b.elements).allSatisfy { Self.equal($0, $1) }
    case .object:
      return zip(a.members, b.members).allSatisfy {
        $0.name == $1.name && Self.equal($0.value, $1.value)
      }
    }
  }
}
