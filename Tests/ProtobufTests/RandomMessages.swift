internal import Protobuf
internal import TestRandom

/// Messages with random fields, rich in the values where encodings change their length or form.
struct RandomMessages {
  private var random: SeededRandom

  init(seed: UInt64) { self.random = SeededRandom(seed: seed) }

  mutating func everything(depth: Int = 2) -> Everything {
    var message = Everything()
    if self.random.flip() { message.scalars = self.scalars() }
    if self.random.flip() { message.optionals = self.optionals() }
    if self.random.flip() { message.repeated = self.repeated() }
    if self.random.flip() { message.maps = self.maps(depth: depth) }
    if self.random.flip() { message.choice = self.choice(depth: depth) }
    if self.random.flip() { message.node = self.node(depth: depth) }
    if self.random.flip() { message.wellKnown = self.wellKnown(depth: depth) }
    if depth > 0 { message.parts = self.list { $0.everything(depth: depth - 1) } }
    return message
  }

  // MARK: Scalars

  private mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T {
    let bits = self.random.next() >> UInt64(self.random.below(64))
    return self.random.pick([0, 1, .max, .min, 127, T(truncatingIfNeeded: bits)])
  }

  private mutating func double() -> Double {
    self.random.pick([
      0, -0.0, 1.5, 0.1, 1e300, -.leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity,
      Double.random(in: -1e6...1e6, using: &self.random),
    ])
  }

  private mutating func float() -> Float {
    self.random.pick([
      0, -0.0, 1.5, 0.1, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -.infinity,
      Float.random(in: -1e6...1e6, using: &self.random),
    ])
  }

  private mutating func text() -> String {
    let characters = ["a", "Z", "0", "é", "流", "😀", "\"", "\\", "\n", "\u{1}", "\u{7f}", "/", " "]
    let count = self.random.pick([0, 1, 5, 15, 16, 127, 128])
    return (0..<count).map { _ in self.random.pick(characters) }.joined()
  }

  private mutating func bytes() -> [UInt8] {
    (0..<self.random.pick([0, 1, 2, 3, 15, 128])).map { _ in self.integer() }
  }

  private mutating func color() -> Color {
    Color(rawValue: self.random.pick([0, 1, 2, -1, 77, .min]))
  }

  private mutating func list<T>(_ make: (inout Self) -> T) -> [T] {
    (0..<self.random.below(4)).map { _ in make(&self) }
  }

  private mutating func map<K: Hashable, V>(
    _ key: (inout Self) -> K, _ value: (inout Self) -> V
  ) -> [K: V] {
    Dictionary(self.list { (key(&$0), value(&$0)) }, uniquingKeysWith: { $1 })
  }

  private mutating func scalars() -> Scalars {
    var message = Scalars()
    message.aDouble = self.double()
    message.aFloat = self.float()
    message.anInt32 = self.integer()
    message.anInt64 = self.integer()
    message.aUint32 = self.integer()
    message.aUint64 = self.integer()
    message.aSint32 = self.integer()
    message.aSint64 = self.integer()
    message.aFixed32 = self.integer()
    message.aFixed64 = self.integer()
    message.aSfixed32 = self.integer()
    message.aSfixed64 = self.integer()
    message.aBool = self.random.flip()
    message.aString = self.text()
    message.someBytes = self.bytes()
    message.color = self.color()
    return message
  }

  private mutating func optionals() -> Optionals {
    var message = Optionals()
    if self.random.flip() { message.aDouble = self.double() }
    if self.random.flip() { message.aFloat = self.float() }
    if self.random.flip() { message.anInt32 = self.integer() }
    if self.random.flip() { message.anInt64 = self.integer() }
    if self.random.flip() { message.aUint32 = self.integer() }
    if self.random.flip() { message.aUint64 = self.integer() }
    if self.random.flip() { message.aSint32 = self.integer() }
    if self.random.flip() { message.aSint64 = self.integer() }
    if self.random.flip() { message.aFixed32 = self.integer() }
    if self.random.flip() { message.aFixed64 = self.integer() }
    if self.random.flip() { message.aSfixed32 = self.integer() }
    if self.random.flip() { message.aSfixed64 = self.integer() }
    if self.random.flip() { message.aBool = self.random.flip() }
    if self.random.flip() { message.aString = self.text() }
    if self.random.flip() { message.someBytes = self.bytes() }
    if self.random.flip() { message.color = self.color() }
    return message
  }

  private mutating func repeated() -> Repeated {
    var message = Repeated()
    message.aDouble = self.list { $0.double() }
    message.aFloat = self.list { $0.float() }
    message.anInt32 = self.list { $0.integer() }
    message.anInt64 = self.list { $0.integer() }
    message.aUint32 = self.list { $0.integer() }
    message.aUint64 = self.list { $0.integer() }
    message.aSint32 = self.list { $0.integer() }
    message.aSint64 = self.list { $0.integer() }
    message.aFixed32 = self.list { $0.integer() }
    message.aFixed64 = self.list { $0.integer() }
    message.aSfixed32 = self.list { $0.integer() }
    message.aSfixed64 = self.list { $0.integer() }
    message.aBool = self.list { $0.random.flip() }
    message.aString = self.list { $0.text() }
    message.someBytes = self.list { $0.bytes() }
    message.color = self.list { $0.color() }
    message.scalars = self.list { $0.scalars() }
    message.unpacked = self.list { $0.integer() }
    return message
  }

  // MARK: Composites

  private mutating func maps(depth: Int) -> Maps {
    var message = Maps()
    message.text = self.map({ $0.text() }, { $0.text() })
    message.int32 = self.map({ $0.integer() }, { $0.integer() })
    message.int64 = self.map({ $0.integer() }, { $0.double() })
    message.uint32 = self.map({ $0.integer() }, { $0.float() })
    message.uint64 = self.map({ $0.integer() }, { $0.random.flip() })
    message.sint32 = self.map({ $0.integer() }, { $0.bytes() })
    message.sint64 = self.map({ $0.integer() }, { $0.color() })
    message.fixed32 = self.map({ $0.integer() }, { $0.scalars() })
    message.fixed64 = self.map({ $0.integer() }, { $0.text() })
    message.sfixed32 = self.map({ $0.integer() }, { $0.text() })
    message.sfixed64 = self.map({ $0.integer() }, { $0.text() })
    if depth > 0 {
      message.bool = self.map({ $0.random.flip() }, { $0.maps(depth: depth - 1) })
    }
    return message
  }

  private mutating func choice(depth: Int) -> Choice {
    var message = Choice()
    message.after = self.text()
    switch self.random.below(depth > 0 ? 8 : 7) {
    case 0: message.kind = .text(self.text())
    case 1: message.kind = .number(self.integer())
    case 2: message.kind = .data(self.bytes())
    case 3: message.kind = .color(self.color())
    case 4: message.kind = .scalars(self.scalars())
    case 5: message.kind = .nothing(ProtoNullValue())
    case 6: message.kind = nil
    default: message.kind = .inner(self.choice(depth: depth - 1))
    }
    return message
  }

  private mutating func node(depth: Int) -> Node {
    var message = Node()
    message.value = self.integer()
    guard depth > 0 else { return message }
    if self.random.flip() { message.next = self.node(depth: depth - 1) }
    message.children = self.list { $0.node(depth: depth - 1) }
    if self.random.flip() {
      message.branch = Node.Branch()
      if self.random.flip() { message.branch?.node = self.node(depth: depth - 1) }
    }
    return message
  }

  private mutating func wellKnown(depth: Int) -> WellKnown {
    var message = WellKnown()
    if self.random.flip() {
      var timestamp = ProtoTimestamp()
      timestamp.seconds = Int64.random(
        in: -62_135_596_800...253_402_300_799, using: &self.random)
      timestamp.nanos = self.random.pick([0, 1, 1_000, 5_000_000, 999_999_999])
      message.timestamp = timestamp
    }
    if self.random.flip() {
      let sign: Int64 = self.random.pick([-1, 1])
      var duration = ProtoDuration()
      duration.seconds = sign * Int64.random(in: 0...315_576_000_000, using: &self.random)
      duration.nanos = Int32(sign) * self.random.pick([0, 1, 1_000, 5_000_000, 999_999_999])
      message.duration = duration
    }
    if self.random.flip() {
      var mask = ProtoFieldMask()
      mask.paths = self.list { $0.random.pick(["a", "foo_bar", "a.b_c", "a1"]) }
      message.mask = mask
    }
    if self.random.flip() { message.structure = self.structure(depth: depth) }
    if self.random.flip() { message.value = self.value(depth: depth) }
    if self.random.flip() { message.list = self.listValue(depth: depth) }
    if self.random.flip() {
      var any = ProtoAny()
      any.typeUrl = "type.googleapis.com/" + Scalars.protoName
      any.value = self.scalars().encoded()
      message.any = any
    }
    if self.random.flip() { message.empty = ProtoEmpty() }
    if self.random.flip() { message.aBool = .with { $0.value = true } }
    if self.random.flip() { message.anInt32 = .with { $0.value = self.integer() } }
    if self.random.flip() { message.anInt64 = .with { $0.value = self.integer() } }
    if self.random.flip() { message.aUint32 = .with { $0.value = self.integer() } }
    if self.random.flip() { message.aUint64 = .with { $0.value = self.integer() } }
    if self.random.flip() { message.aFloat = .with { $0.value = self.float() } }
    if self.random.flip() { message.aDouble = .with { $0.value = self.double() } }
    if self.random.flip() { message.aString = .with { $0.value = self.text() } }
    if self.random.flip() { message.someBytes = .with { $0.value = self.bytes() } }
    message.values = self.list { $0.value(depth: depth) }
    message.nothings = self.list { _ in ProtoNullValue() }
    message.byName = self.map({ $0.text() }, { $0.value(depth: depth) })
    return message
  }

  private mutating func structure(depth: Int) -> ProtoStruct {
    var structure = ProtoStruct()
    structure.fields = self.map({ $0.text() }, { $0.value(depth: depth - 1) })
    return structure
  }

  private mutating func listValue(depth: Int) -> ProtoListValue {
    var list = ProtoListValue()
    list.values = self.list { $0.value(depth: depth - 1) }
    return list
  }

  private mutating func value(depth: Int) -> ProtoValue {
    var value = ProtoValue()
    switch self.random.below(depth > 0 ? 6 : 4) {
    case 0: value.kind = .nullValue(ProtoNullValue())
    case 1: value.kind = .numberValue(Double.random(in: -1e9...1e9, using: &self.random))
    case 2: value.kind = .stringValue(self.text())
    case 3: value.kind = .boolValue(self.random.flip())
    case 4: value.kind = .structValue(self.structure(depth: depth))
    default: value.kind = .listValue(self.listValue(depth: depth))
    }
    return value
  }
}
