internal import Protobuf
internal import Testing

@Suite("Messages")
struct MessageTests {
  @Test(
    "Random messages read back equal, from arrays and from spans",
    arguments: 1...20 as ClosedRange<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var messages = RandomMessages(seed: seed)
    for _ in 0..<3 {
      let message = messages.everything()
      let bytes = message.encoded()
      #expect(try Everything(decoding: bytes) == message, "seed \(seed)")
      #expect(try Everything(decoding: bytes.span.bytes) == message, "seed \(seed)")
      #expect(message.encoded() == bytes, "equal messages give equal bytes; seed \(seed)")
    }
  }

  @Test("Fields sent again replace, append or merge; the last of a oneof counts")
  func merging() throws {
    var first = Everything()
    first.scalars = .with {
      $0.anInt32 = 1
      $0.aString = "kept"
    }
    first.repeated = .with { $0.anInt32 = [1] }
    first.maps = .with { $0.text = ["a": "1", "b": "1"] }
    first.choice = .with { $0.kind = .text("void") }
    var second = Everything()
    second.scalars = .with { $0.anInt32 = 2 }
    second.repeated = .with { $0.anInt32 = [2] }
    second.maps = .with { $0.text = ["b": "2"] }
    second.choice = .with { $0.kind = .number(7) }

    let both = try Everything(decoding: first.encoded() + second.encoded())
    #expect(both.scalars?.anInt32 == 2 && both.scalars?.aString == "kept")
    #expect(both.repeated?.anInt32 == [1, 2])
    #expect(both.maps?.text == ["a": "1", "b": "2"])
    #expect(both.choice?.kind == .number(7))
  }

  @Test("A message in a oneof merges with itself, but not across another member")
  func mergingInOneof() throws {
    let a = Choice.with { $0.kind = .scalars(.with { $0.anInt32 = 1 }) }.encoded()
    let b = Choice.with { $0.kind = .scalars(.with { $0.aBool = true }) }.encoded()
    let other = Choice.with { $0.kind = .text("x") }.encoded()
    let merged = Scalars.with {
      $0.anInt32 = 1
      $0.aBool = true
    }
    #expect(try Choice(decoding: a + b).kind == .scalars(merged))
    #expect(try Choice(decoding: a + other + b).kind == .scalars(.with { $0.aBool = true }))
  }

  @Test("A oneof tells its default from nothing")
  func oneofDefault() throws {
    let message = Choice.with { $0.kind = .number(0) }
    #expect(message.encoded() == [0x10, 0x00])
    #expect(try Choice(decoding: [0x10, 0x00]).kind == .number(0))
    #expect(try Choice(decoding: []).kind == nil)
  }

  @Test("A map's entry may lack its key or value, which are then the defaults")
  func mapDefaults() throws {
    // Field 1, an entry of length 0; then one with a value only (field 2), and one in reverse order.
    let bytes: [UInt8] = [0x0a, 0, 0x0a, 3, 0x12, 1, 0x78, 0x0a, 6, 0x12, 1, 0x79, 0x0a, 1, 0x6b]
    #expect(try Maps(decoding: bytes).text == ["": "x", "k": "y"])
    // Field 8 is a map to messages.
    #expect(try Maps(decoding: [0x42, 0]).fixed32 == [0: Scalars()])
  }

  @Test("Maps are written in the order of their keys")
  func mapOrder() {
    let keys = Array(0..<50).map { Int32($0) - 25 }
    let maps = Maps.with { $0.int32 = Dictionary(uniqueKeysWithValues: keys.map { ($0, 1) }) }
    let again = Maps.with {
      $0.int32 = Dictionary(uniqueKeysWithValues: keys.reversed().map { ($0, 1) })
    }
    #expect(maps.encoded() == again.encoded())
  }

  @Test("Messages that contain themselves are values: a copy is its own")
  func recursion() throws {
    var node = Node.with { $0.next = .with { $0.value = 2 } }
    let copy = node
    node.next?.value = 3
    #expect(copy.next?.value == 2 && node.next?.value == 3)
    #expect(copy != node)
    node.next?.value = 2
    #expect(copy == node && copy.hashValue == node.hashValue)
  }

  @Test("A writer is used again after removeAll, and truncate takes back the end")
  func writer() {
    var writer = ProtoWriter(capacity: 0)
    Scalars.with { $0.aString = String(repeating: "x", count: 1000) }.encode(to: &writer)
    #expect(writer.count == 1003)
    writer.removeAll()
    Scalars.with { $0.anInt32 = 1 }.encode(to: &writer)
    let mark = writer.count
    Scalars.with { $0.aBool = true }.encode(to: &writer)
    writer.truncate(to: mark)
    #expect(writer.bytes() == [0x18, 1])
    #expect(writer.withUnsafeBytes { Array($0) } == [0x18, 1])
  }

  @Test("Every message knows its name and its file")
  func schema() throws {
    #expect(Node.Branch.protoName == "verbatim.testing.Node.Branch")
    #expect(Node.protoFile.name == "everything.proto")
    let files = ProtoFile.closure(of: [Node.protoFile]).map(\.name)
    #expect(files.last == "everything.proto" && files.contains("google/protobuf/any.proto"))
    #expect(Set(files).count == files.count)
    let file = try ProtoFileDescriptorProto(decoding: Node.protoFile.descriptorBytes)
    #expect(file.package == "verbatim.testing" && file.syntax == "proto3")
    let set = try ProtoFileDescriptorSet(decoding: ProtoFile.descriptorSet(of: [Node.protoFile]))
    #expect(set.file.map { $0.name ?? "" } == files)
  }
}
