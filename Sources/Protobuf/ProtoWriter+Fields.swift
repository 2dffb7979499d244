// What generated code calls for each kind of field.
extension ProtoWriter {
  /// Writes a scalar.
  @inlinable @inline(__always)
  public mutating func write<W: WireType>(_ wire: W.Type, _ tag: UInt32, _ value: W.Value) {
    self.varint(UInt64(tag))
    W.write(value, &self)
  }

  /// Writes a repeated scalar, one field for each element.
  @inlinable @inline(__always)
  public mutating func write<W: WireType>(_ wire: W.Type, _ tag: UInt32, _ values: [W.Value]) {
    for value in values {
      self.varint(UInt64(tag))
      W.write(value, &self)
    }
  }

  /// Writes a repeated scalar as one field.
  @inlinable
  public mutating func packed<W: WireType>(_ wire: W.Type, _ tag: UInt32, _ values: [W.Value]) {
    if values.isEmpty { return }
    self.varint(UInt64(tag))
    let start = self.begin()
    for value in values { W.write(value, &self) }
    self.finish(start)
  }

  /// Writes a nested message.
  @inlinable @inline(__always)
  public mutating func message<M: ProtoMessage>(_ tag: UInt32, _ message: M) {
    self.varint(UInt64(tag))
    let start = self.begin()
    message.encode(to: &self)
    self.finish(start)
  }

  /// Writes a repeated message.
  @inlinable @inline(__always)
  public mutating func messages<M: ProtoMessage>(_ tag: UInt32, _ messages: [M]) {
    for message in messages { self.message(tag, message) }
  }

  /// Writes a map. Keys are in order, so that equal maps give equal bytes.
  @inlinable
  public mutating func map<K: WireMapKey, V: WireType>(
    _ key: K.Type, _ value: V.Type, _ tag: UInt32, _ map: [K.Value: V.Value]
  ) {
    if map.isEmpty { return }
    for (k, v) in map.sorted(by: { K.precedes($0.key, $1.key) }) {
      self.varint(UInt64(tag))
      let start = self.begin()
      self.write(K.self, 8 | K.wireType, k)
      self.write(V.self, 16 | V.wireType, v)
      self.finish(start)
    }
  }

  /// Writes fields that the schema does not know, as they came.
  @inlinable @inline(__always)
  public mutating func unknown(_ unknown: ProtoUnknown) {
    if !unknown.isEmpty { unknown.bytes.withUnsafeBytes { self.append($0) } }
  }
}
