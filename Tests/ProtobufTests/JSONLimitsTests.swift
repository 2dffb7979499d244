internal import Protobuf
internal import ProtobufJSON
internal import Testing

@Suite("Limits of JSON mapping")
struct JSONLimitsTests {
  private static func options(
    bytes: Int = 1 << 20, depth: Int = 100, messages: Int = 1_000_000, values: Int = 1_000_000
  ) -> ProtoJSONOptions {
    ProtoJSONOptions(
      limits: ProtoLimits(maxBytes: bytes, maxDepth: depth, maxMessages: messages),
      maxValues: values)
  }

  /// A chain of nodes, in JSON.
  private static func chain(_ depth: Int) -> String {
    String(repeating: #"{"next":"#, count: depth) + "{}" + String(repeating: "}", count: depth)
  }

  @Test("maxDepth bounds messages inside of messages, both ways")
  func depth() throws {
    let pool = try JSONPool.shared.get()
    // The outermost message is a level too.
    let allowed = Array(Self.chain(99).utf8)
    let binary = try pool.binary(fromJSON: allowed, as: Node.protoName)
    #expect(try pool.json(from: binary, as: Node.protoName) == allowed)
    for depth in [100, 150, 10_000] {
      let error = try #require(throws: ProtoJSONError.self) {
        try pool.binary(fromJSON: Array(Self.chain(depth).utf8), as: Node.protoName)
      }
      #expect(error.code == .depthLimit)
    }
    let error = try #require(throws: ProtoJSONError.self) {
      try pool.json(from: binary, as: Node.protoName, options: Self.options(depth: 99))
    }
    #expect(error.code == .depthLimit)
  }

  @Test("Values inside of values and unknown members are bounded too")
  func valueDepth() throws {
    for depth in [200, 100_000] {
      let arrays = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      let error = try #require(throws: ProtoJSONError.self) {
        try JSONPool.message(ProtoValue.self, arrays)
      }
      #expect(error.code == .depthLimit)
      let unknown = try #require(throws: ProtoJSONError.self) {
        try JSONPool.message(
          Node.self, #"{"x":\#(arrays)}"#, ProtoJSONOptions(ignoresUnknownNames: true))
      }
      #expect(unknown.code == .depthLimit)
    }
  }

  @Test("Anys inside of Anys are bounded")
  func anyDepth() throws {
    let open = #"{"@type":"a/google.protobuf.Any","value":"#
    let json = String(repeating: open, count: 60) + "{}" + String(repeating: "}", count: 60)
    let any = try JSONPool.message(ProtoAny.self, json)
    #expect(try JSONPool.json(any) == json)
    for options in [Self.options(depth: 60), Self.options(depth: 30)] {
      let reading = try #require(throws: ProtoJSONError.self) {
        try JSONPool.message(ProtoAny.self, json, options)
      }
      #expect(reading.code == .depthLimit)
      let writing = try #require(throws: ProtoJSONError.self) { try JSONPool.json(any, options) }
      #expect(writing.code == .depthLimit)
    }
  }

  @Test("Groups inside of unknown groups are bounded")
  func groupDepth() throws {
    let groups = Array(repeatElement([0xa3, 0x06] as [UInt8], count: 10_000).joined())
    let error = try #require(throws: ProtoJSONError.self) {
      try JSONPool.shared.get().json(from: groups, as: Node.protoName)
    }
    #expect(error.code == .depthLimit)
  }

  @Test("maxBytes bounds the input and the output")
  func bytes() throws {
    let message = Scalars.with { $0.aString = String(repeating: "\u{1}", count: 100) }
    // 102 bytes of protobuf, 615 of JSON.
    let json = try JSONPool.json(message)
    #expect(try JSONPool.json(message, Self.options(bytes: json.utf8.count)) == json)
    for limit in [101, json.utf8.count - 1] {
      let writing = try #require(throws: ProtoJSONError.self) {
        try JSONPool.json(message, Self.options(bytes: limit))
      }
      #expect(writing.code == .sizeLimit)
    }
    let reading = try #require(throws: ProtoJSONError.self) {
      try JSONPool.message(Scalars.self, json, Self.options(bytes: json.utf8.count - 1))
    }
    #expect(reading.code == .sizeLimit)
  }

  @Test("maxMessages bounds messages and entries, both ways")
  func messages() throws {
    let message = Everything.with {
      $0.node = .with { $0.children = [Node(), Node()] }
      $0.maps = .with { $0.text = ["a": "b", "c": "d"] }
    }
    // Everything, the node and two children, the maps and two entries.
    let json = try JSONPool.json(message, Self.options(messages: 7))
    #expect(try JSONPool.message(Everything.self, json, Self.options(messages: 7)) == message)
    let writing = try #require(throws: ProtoJSONError.self) {
      try JSONPool.json(message, Self.options(messages: 6))
    }
    #expect(writing.code == .countLimit)
    let reading = try #require(throws: ProtoJSONError.self) {
      try JSONPool.message(Everything.self, json, Self.options(messages: 6))
    }
    #expect(reading.code == .countLimit)
  }

  @Test("maxValues bounds values, both ways, packed ones too")
  func values() throws {
    let message = Repeated.with { $0.aBool = Array(repeating: true, count: 100) }
    let json = try JSONPool.json(message)
    let writing = try #require(throws: ProtoJSONError.self) {
      try JSONPool.json(message, Self.options(values: 50))
    }
    #expect(writing.code == .countLimit)
    let reading = try #require(throws: ProtoJSONError.self) {
      try JSONPool.message(Repeated.self, json, Self.options(values: 50))
    }
    #expect(reading.code == .countLimit)
  }

  @Test(
    "Members of a oneof that replace one another again and again take no more time than others",
    .timeLimit(.minutes(1)))
  func oneofs() throws {
    // 100,000 fields: with each replacement looked for among all before it this would take minutes.
    let pair =
      Choice.with { $0.kind = .number(1) }.encoded() + Choice.with { $0.kind = .data([]) }.encoded()
    let bytes = Array(repeatElement(pair, count: 50_000).joined())
    let json = try JSONPool.shared.get().json(from: bytes, as: Choice.protoName)
    #expect(String(decoding: json, as: UTF8.self) == #"{"data":""}"#)
  }
}
