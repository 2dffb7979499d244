internal import JSON
internal import Protobuf
internal import ProtobufJSON
internal import Testing

@Suite("Options of JSON mapping")
struct JSONOptionsTests {
  @Test("Names can be those of the .proto file")
  func names() throws {
    let message = Everything.with { $0.scalars = .with { $0.anInt32 = 1 } }
    #expect(
      try JSONPool.json(message, ProtoJSONOptions(fieldNames: .proto))
        == #"{"scalars":{"an_int32":1}}"#)
  }

  @Test("Defaults are written where they are asked for, but no field with presence")
  func defaults() throws {
    let options = ProtoJSONOptions(includesDefaults: true)
    #expect(
      try JSONPool.json(Choice.with { $0.kind = .number(0) }, options)
        == #"{"number":0,"after":""}"#)
    #expect(try JSONPool.json(Node(), options) == #"{"value":0,"children":[]}"#)
    #expect(try JSONPool.json(Optionals(), options) == "{}")
    let scalars = try JSONPool.json(Scalars.with { $0.aBool = true }, options)
    #expect(
      scalars
        == #"{"aDouble":0.0,"aFloat":0.0,"anInt32":0,"anInt64":"0","aUint32":0,"aUint64":"0","#
        + #""aSint32":0,"aSint64":"0","aFixed32":0,"aFixed64":"0","aSfixed32":0,"aSfixed64":"0","#
        + #""aBool":true,"aString":"","someBytes":"","color":"COLOR_UNSPECIFIED"}"#)
    let maps = try JSONPool.json(Maps(), options)
    #expect(maps.hasPrefix(#"{"text":{},"int32":{},"#))
  }

  @Test("Indented is one value a line")
  func indented() throws {
    let message = Node.with { $0.children = [.with { $0.value = 1 }, Node()] }
    #expect(
      try JSONPool.json(message, ProtoJSONOptions(format: .indented))
        == """
        {
          "children": [
            {
              "value": 1
            },
            {}
          ]
        }
        """)
  }

  @Test("Unknown members and enum names can be left out, at any depth")
  func ignored() throws {
    let options = ProtoJSONOptions(ignoresUnknownNames: true)
    let json =
      #"{"new":{"a":[1,{"b":null}]},"scalars":{"x":1,"color":"COLOR_BLUE","anInt32":2},"#
      + #""repeated":{"color":["COLOR_RED","COLOR_BLUE","COLOR_GREEN"]},"#
      + #""maps":{"sint64":{"1":"COLOR_BLUE","2":"COLOR_RED"}}}"#
    let message = try JSONPool.message(Everything.self, json, options)
    #expect(message.scalars == .with { $0.anInt32 = 2 })
    #expect(message.repeated?.color == [.red, .green])
    #expect(message.maps?.sint64 == [2: .red])
    #expect(throws: ProtoJSONError.self) { try JSONPool.message(Everything.self, json) }
  }

  @Test("A message can be a part of another document")
  func part() throws {
    let document = try JSONDocument(parsing: #"{"id":7,"params":{"anInt32":3}}"#)
    let params = try #require(document.root["params"])
    let binary = try JSONPool.shared.get().binary(from: params, as: Scalars.protoName)
    #expect(try Scalars(decoding: binary).anInt32 == 3)
  }
}
