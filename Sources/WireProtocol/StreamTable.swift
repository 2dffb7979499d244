/// Values by stream id, for the streams that are open on one connection.
///
/// A dictionary whose hash is the id itself: ids come one after another, so they lie side by side and are found at the first look, which
/// spares hashing several times for each call. A peer that chooses ids to collide makes a search as long as the number of its
/// own open streams, which ``WireLimits/maxConcurrentStreams`` bounds.
///
/// Public, as the id is, because only then does the compiler make a version of it for each kind of value (Swift 6.3); without that
/// it was a tenth of a call.
public struct StreamTable<Value> {
  @usableFromInline static var minCapacity: Int { 16 }

  /// 0: the place is free; no stream has that id.
  @usableFromInline var ids = [UInt32](repeating: 0, count: Self.minCapacity)
  @usableFromInline var slots = [Value?](repeating: nil, count: Self.minCapacity)
  @usableFromInline var used = 0

  /// Creates a table without values.
  @inlinable
  public init() {}

  /// How many values there are.
  @inlinable
  public var count: Int { self.used }

  /// Whether there are no values.
  @inlinable
  public var isEmpty: Bool { self.count == 0 }

  /// All values, in no particular order.
  @inlinable
  public var values: some Sequence<Value> { self.slots.lazy.compactMap { $0 } }

  /// All ids with their values, as they are now, in no particular order.
  @inlinable
  public var entries: [(StreamID, Value)] {
    zip(self.ids, self.slots).compactMap { id, slot in slot.map { (StreamID(id), $0) } }
  }

  /// The value of an id, which is not 0. Setting nil removes it.
  @inlinable
  public subscript(id: StreamID) -> Value? {
    get { self.place(of: id.number).flatMap { self.slots[$0] } }
    set {
      if let newValue { self.insert(newValue, id.number) } else { _ = self.removeValue(for: id) }
    }
  }

  /// Removes a value and returns it.
  @inlinable
  public mutating func removeValue(for id: StreamID) -> Value? {
    guard let place = self.place(of: id.number) else { return nil }
    let value = self.slots[place]
    self.free(place)
    self.used -= 1
    return value
  }

  /// Changes the value of an id in its place, if there is one.
  ///
  /// - Returns: What `change` returns; nil: there is no value.
  @inlinable
  public mutating func update<Result>(
    _ id: StreamID, _ change: (inout Value) -> Result
  ) -> Result? {
    guard let place = self.place(of: id.number) else { return nil }
    // A place with an id has a value.
    return change(&self.slots[place]!)
  }

  @inlinable
  var mask: Int { self.ids.count - 1 }

  @inlinable
  func home(of number: UInt32) -> Int { Int(number >> 1) & self.mask }

  @inlinable
  func place(of number: UInt32) -> Int? {
    var place = self.home(of: number)
    while self.ids[place] != 0 {
      if self.ids[place] == number { return place }
      place = (place + 1) & self.mask
    }
    return nil
  }

  @inlinable
  mutating func insert(_ value: Value, _ number: UInt32) {
    precondition(number != 0, "the connection itself has no stream")
    // Half of the places stay free, so that every search ends soon.
    if 2 * (self.used + 1) > self.ids.count { self.grow() }
    var place = self.home(of: number)
    while self.ids[place] != 0, self.ids[place] != number { place = (place + 1) & self.mask }
    if self.ids[place] == 0 { self.used += 1 }
    self.ids[place] = number
    self.slots[place] = value
  }

  @inlinable
  mutating func grow() {
    let (ids, slots) = (self.ids, self.slots)
    self.ids = [UInt32](repeating: 0, count: 2 * ids.count)
    self.slots = [Value?](repeating: nil, count: 2 * ids.count)
    self.used = 0
    for (number, slot) in zip(ids, slots) {
      if let slot { self.insert(slot, number) }
    }
  }

  /// Frees a place, and moves back what was pushed behind it.
  @inlinable
  mutating func free(_ place: Int) {
    var hole = place
    var next = (place + 1) & self.mask
    while self.ids[next] != 0 {
      let distance = (next - self.home(of: self.ids[next])) & self.mask
      if distance >= (next - hole) & self.mask {
        self.ids[hole] = self.ids[next]
        self.slots[hole] = self.slots[next]
        hole = next
      }
      next = (next + 1) & self.mask
    }
    self.ids[hole] = 0
    self.slots[hole] = nil
  }
}

extension StreamTable: Sendable where Value: Sendable {}
