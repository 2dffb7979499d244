internal import JSON
internal import Testing

@Suite("JSON writer")
struct JSONWriterTests {
  @Test("Commas, colons and brackets come where they belong")
  func structure() {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("a", "x")
      writer.member("b", -5)
      writer.member("c", 1.5)
      writer.member("d", true)
      writer.key("e")
      writer.array { writer in
        writer.null()
        writer.array { _ in }
        writer.object { _ in }
        writer.encoded("[1 ,2]".utf8)
        writer.integer(UInt64.max)
      }
    }
    #expect(
      writer.text
        == #"{"a":"x","b":-5,"c":1.5,"d":true,"e":[null,[],{},[1 ,2],18446744073709551615]}"#)
  }

  @Test("Strings escape what must be escaped and nothing else")
  func escapes() {
    var writer = JSONWriter()
    writer.string("\"\\/\u{0}\u{8}\t\n\u{c}\r\u{1f}\u{7f}é\u{2028}😀")
    #expect(
      writer.text == #""\"\\/\u0000\u0008\t\n\u000c\r\u001f"# + "\u{7f}é\u{2028}😀\"")
    writer.removeAll()
    [0x61, 0xff, 0x62].withUnsafeBufferPointer { writer.string(utf8: $0) }
    #expect(writer.text == "\"a\u{fffd}b\"")
  }

  @Test("Integers of every width are written in full")
  func integers() {
    var writer = JSONWriter()
    writer.array { writer in
      writer.integer(Int64.min)
      writer.integer(Int8.min)
      writer.integer(0)
      writer.integer(UInt64.max)
      writer.integer(Int128.max)
    }
    #expect(
      writer.text
        == "[-9223372036854775808,-128,0,18446744073709551615,170141183460469231731687303715884105727]"
    )
  }

  @Test("Doubles read back as the same bits; what JSON does not have is null")
  func doubles() throws {
    for value in [
      0.0, -0.0, 0.1, 1e300, .leastNonzeroMagnitude, 1e16, 123456789.125, .greatestFiniteMagnitude,
    ] {
      var writer = JSONWriter()
      writer.double(value)
      let read = try JSONDocument(parsing: writer.bytes).root.double
      #expect(read?.bitPattern == value.bitPattern, "\(writer.text)")
    }
    var writer = JSONWriter()
    writer.array { writer in
      writer.double(.nan)
      writer.double(.infinity)
    }
    #expect(writer.text == "[null,null]")
  }

  @Test("JSON Lines: one value a line, also with line feeds in strings")
  func lines() throws {
    var writer = JSONWriter()
    for text in ["a\nb", "c"] {
      writer.object { $0.member("text", text) }
      writer.endLine()
    }
    #expect(writer.text == "{\"text\":\"a\\nb\"}\n{\"text\":\"c\"}\n")
    writer.removeAll()
    writer.integer(1)
    #expect(writer.text == "1")
  }

  @Test("The indented format has one value a line and keeps empty containers together")
  func indented() throws {
    let document = try JSONDocument(parsing: #"{"a":[1,{"b":null}],"c":{},"d\n":[]}"#)
    var writer = JSONWriter(format: .indented)
    writer.value(document.root)
    #expect(
      writer.text == """
        {
          "a": [
            1,
            {
              "b": null
            }
          ],
          "c": {},
          "d\\n": []
        }
        """)
    let again = try JSONDocument(parsing: writer.bytes)
    #expect(JSONReaderTests.equal(document.root, again.root))
  }
}
