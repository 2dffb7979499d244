// What generated code calls for each kind of field.
extension ProtoReader {
  /// Reads one scalar.
  @inlinable @inline(__always)
  public mutating func read<W: WireType>(_ wire: W.Type) throws(ProtoError) -> W.Value {
    try W.read(&self)
  }

  /// Reads one element of a repeated scalar.
  @inlinable @inline(__always)
  public mutating func append<W: WireType>(_ wire: W.Type, to values: inout [W.Value])
    throws(ProtoError)
  {
    values.append(try W.read(&self))
  }

  /// Reads the packed form of a repeated scalar.
  @inlinable
  public mutating func packed<W: WireType>(_ wire: W.Type, to values: inout [W.Value])
    throws(ProtoError)
  {
    let count = try self.length()
    let outer = self.end
    self.end = self.p + count
    if W.fixedSize > 0 { values.reserveCapacity(values.count + count / W.fixedSize) }
    while self.p < self.end { values.append(try W.read(&self)) }
    self.end = outer
  }

  /// Reads a nested message over one that is there.
  @inlinable @inline(__always)
  public mutating func message<M: ProtoMessage>(_ message: inout M) throws(ProtoError) {
    let outer = try self.enter()
    do throws(ProtoError) {
      try message.merge(from: &self)
    } catch {
      throw error.within(M.protoName, tag: self.lastTag)
    }
    self.leave(outer)
  }

  /// Reads a nested message that may be there.
  @inlinable @inline(__always)
  public mutating func message<M: ProtoMessage>(_ message: inout M?) throws(ProtoError) {
    var value = message.take() ?? M()
    try self.message(&value)
    message = value
  }

  /// Reads one element of a repeated message.
  @inlinable @inline(__always)
  public mutating func message<M: ProtoMessage>(appendTo messages: inout [M]) throws(ProtoError) {
    var value = M()
    try self.message(&value)
    // From nothing an array grows to one, two, four: most that have one have a few.
    if messages.isEmpty { messages.reserveCapacity(4) }
    messages.append(value)
  }

  /// Reads one entry of a map. The last of several with the same key counts.
  @inlinable
  public mutating func map<K: WireMapKey, V: WireType>(
    _ key: K.Type, _ value: V.Type, to map: inout [K.Value: V.Value]
  ) throws(ProtoError) {
    let field = self.lastTag
    let outer = try self.enter()
    var k = K.zero
    var v = V.zero
    do throws(ProtoError) {
      while true {
        let tag = try self.tag()
        if tag == 0 { break }
        if tag == 8 | K.wireType {
          k = try K.read(&self)
        } else if tag == 16 | V.wireType {
          try V.merge(&v, &self)
        } else {
          try self.skip(tag)
        }
      }
    } catch {
      // Entries have no name of their own: the error is in the map's field.
      self.lastTag = field
      throw error
    }
    map[k] = v
    self.leave(outer)
  }

  /// Keeps a field that the schema does not know.
  @inlinable @inline(never)
  public mutating func unknown(_ tag: UInt32, to unknown: inout ProtoUnknown) throws(ProtoError) {
    var rest = tag
    while rest >= 0x80 {
      unknown.bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    unknown.bytes.append(UInt8(truncatingIfNeeded: rest))
    let start = self.p
    try self.skip(tag)
    unknown.bytes.append(contentsOf: UnsafeBufferPointer(start: start, count: self.p - start))
  }
}
