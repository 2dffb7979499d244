internal import Protobuf
internal import ProtobufJSON
internal import Testing

@Suite("Descriptor pools")
struct DescriptorPoolTests {
  /// A file with one message and its fields, as no protoc would make it.
  private static func pool(
    _ name: String, package: String = "hostile", _ fields: [ProtoFieldDescriptorProto]
  ) -> DescriptorPool {
    DescriptorPool([
      .with {
        $0.package = package
        $0.syntax = "proto3"
        $0.messageType = [
          .with {
            $0.name = name
            $0.field = fields
          }
        ]
      }
    ])
  }

  private static func field(
    _ number: Int32, _ type: ProtoFieldDescriptorProto.Type_, _ name: String = "a",
    _ typeName: String? = nil, isRepeated: Bool = false
  ) -> ProtoFieldDescriptorProto {
    .with {
      $0.number = number
      $0.type = type
      $0.name = name
      $0.typeName = typeName
      $0.label = isRepeated ? .repeated : .optional
    }
  }

  @Test("A pool can be made from a descriptor set that came over the wire")
  func fromBytes() throws {
    let pool = try DescriptorPool(descriptorSet: ProtoFile.descriptorSet(of: [EverythingFile.file]))
    let json = try pool.json(from: [0x18, 1], as: "verbatim.testing.Scalars")
    #expect(String(decoding: json, as: UTF8.self) == #"{"anInt32":1}"#)
    #expect(throws: ProtoError.self) { try DescriptorPool(descriptorSet: [0x0a, 5]) }
  }

  @Test("A message whose files are not all there fails only where it needs them")
  func missingImport() throws {
    let file = try ProtoFileDescriptorProto(decoding: EverythingFile.file.descriptorBytes)
    let pool = DescriptorPool([file])
    #expect(
      try pool.binary(fromJSON: Array(#"{"nothings":null}"#.utf8), as: "verbatim.testing.WellKnown")
        == [])
    let error = try #require(throws: ProtoJSONError.self) {
      try pool.binary(
        fromJSON: Array(#"{"wellKnown":{"empty":{}}}"#.utf8), as: "verbatim.testing.Everything")
    }
    #expect(error.code == .unknownType && error.path == "wellKnown.empty")
    #expect(error.message.contains("google.protobuf.Empty"))
  }

  @Test(
    "Messages with the names of well-known types but other fields are ordinary ones",
    arguments: [
      "Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue", "Any", "BoolValue",
    ])
  func impostors(name: String) throws {
    let full = "google.protobuf." + name
    let none = Self.pool(name, package: "google.protobuf", [])
    #expect(try none.json(from: [0x08, 1], as: full) == Array("{}".utf8))
    #expect(try none.binary(fromJSON: Array("{}".utf8), as: full) == [])
    let other = Self.pool(name, package: "google.protobuf", [Self.field(7, .string)])
    #expect(try other.json(from: [0x3a, 1, 0x78], as: full) == Array(#"{"a":"x"}"#.utf8))
    #expect(try other.binary(fromJSON: Array(#"{"a":"x"}"#.utf8), as: full) == [0x3a, 1, 0x78])
  }

  @Test("Fields with impossible numbers or types are left out")
  func impossibleFields() throws {
    let pool = Self.pool(
      "M",
      [
        Self.field(0, .int32, "zero"), Self.field(-1, .int32, "minus"),
        Self.field(1 << 29, .int32, "large"),
        Self.field(.min, .int32, "min"), Self.field(2, .group, "group"),
        Self.field(3, .unrecognized(99), "new"),
        Self.field(4, .int32, "good"), Self.field(4, .string, "again"), ProtoFieldDescriptorProto(),
      ])
    #expect(try pool.json(from: [0x20, 1], as: "hostile.M") == Array(#"{"good":1}"#.utf8))
    for name in ["zero", "minus", "large", "min", "group", "new", "again"] {
      let error = try #require(throws: ProtoJSONError.self) {
        try pool.binary(fromJSON: Array(#"{"\#(name)":1}"#.utf8), as: "hostile.M")
      }
      #expect(error.code == .unknownName)
    }
  }

  @Test("A map whose entry is not of a key and a value is refused where it is used")
  func badEntry() throws {
    let pool = DescriptorPool([
      .with {
        $0.syntax = "proto3"
        $0.messageType = [
          .with {
            $0.name = "M"
            $0.field = [Self.field(1, .message, "map", ".M.Entry", isRepeated: true)]
            $0.nestedType = [
              .with {
                $0.name = "Entry"
                $0.options = .with { $0.mapEntry = true }
              }
            ]
          }
        ]
      }
    ])
    let writing = try #require(throws: ProtoJSONError.self) {
      try pool.json(from: [0x0a, 0], as: "M")
    }
    let reading = try #require(throws: ProtoJSONError.self) {
      try pool.binary(fromJSON: Array(#"{"map":{"a":1}}"#.utf8), as: "M")
    }
    #expect(writing.code == .unknownType && reading.code == .unknownType)
  }

  @Test("Names with quotes and line feeds are written as JSON")
  func names() throws {
    let pool = Self.pool("M", [Self.field(1, .bool, "a\"\n")])
    let json = try pool.json(from: [0x08, 1], as: "hostile.M")
    #expect(String(decoding: json, as: UTF8.self) == #"{"a\"\n":true}"#)
    #expect(try pool.binary(fromJSON: json, as: "hostile.M") == [0x08, 1])
  }

  @Test("JSON names are made as protoc makes them where the descriptor has none")
  func camelCase() throws {
    let pool = Self.pool(
      "M", [Self.field(1, .bool, "foo_bar__baz_1x_"), Self.field(2, .bool, "_a")])
    let json = try pool.json(from: [0x08, 1, 0x10, 1], as: "hostile.M")
    #expect(String(decoding: json, as: UTF8.self) == #"{"fooBarBaz1x":true,"A":true}"#)
  }

  @Test("More than 64 fields and oneofs are told apart")
  func manyFields() throws {
    let fields = (1...200 as ClosedRange<Int32>).map { number in
      var field = Self.field(number, .int32, "f\(number)")
      field.oneofIndex = number - 1
      return field
    }
    let pool = Self.pool("M", fields)
    let members = (1...200).map { #""f\#($0)":\#($0)"# }.joined(separator: ",")
    let json = Array("{\(members)}".utf8)
    let binary = try pool.binary(fromJSON: json, as: "hostile.M")
    #expect(try pool.json(from: binary, as: "hostile.M") == json)
    let twice = Array("{\(members),\"f150\":1}".utf8)
    let error = try #require(throws: ProtoJSONError.self) {
      try pool.binary(fromJSON: twice, as: "hostile.M")
    }
    #expect(error.code == .duplicate && error.path == "f150")
  }

  @Test("proto2 messages work: fields have presence, repeated numbers are not packed")
  func proto2() throws {
    let pool = DescriptorPool([
      .with {
        $0.package = "old"
        $0.messageType = [
          .with {
            $0.name = "M"
            $0.field = [Self.field(1, .int32, "a"), Self.field(2, .int32, "b", isRepeated: true)]
          }
        ]
      }
    ])
    let json = Array(#"{"a":0,"b":[1,2]}"#.utf8)
    #expect(try pool.binary(fromJSON: json, as: "old.M") == [0x08, 0, 0x10, 1, 0x10, 2])
    #expect(try pool.json(from: [0x08, 0, 0x10, 1, 0x10, 2], as: "old.M") == json)
  }
}
