/// Which ids a client has used, in a fixed amount of memory.
///
/// Ids may come in any order as long as they are not more than ``WireLimits/streamIDWindow`` behind the highest:
/// peers that take a number on one thread and send on another overtake themselves.
package struct StreamIDWindow: Sendable, Hashable {
  /// What is known of an id.
  package enum Use: Sendable, Hashable {
    case unused
    case used
  }

  private static let bitsPerWord = UInt64.bitWidth

  /// Bit `i % window` tells of the `i`th odd id, for the `window` ids up to ``highest``.
  private var bits = [UInt64](
    repeating: 0, count: WireLimits.streamIDWindow / StreamIDWindow.bitsPerWord)
  /// Position among odd ids of the highest one used; -1: none.
  private var highest = -1

  /// Creates a window in which no id is used.
  package init() {}

  /// The highest id used; 0: none.
  package var highestID: StreamID {
    self.highest < 0 ? .connection : StreamID(UInt32(self.highest) << 1 | 1)
  }

  /// Whether an odd id was used, or is too old to tell.
  package func use(of id: StreamID) -> Use {
    let index = Int(id.number >> 1)
    if index > self.highest { return .unused }
    if self.highest - index >= WireLimits.streamIDWindow { return .used }
    let (word, mask) = Self.place(of: index)
    return self.bits[word] & mask == 0 ? .unused : .used
  }

  /// Notes that an odd id is used.
  ///
  /// - Returns: False if it was already, or is too old to tell.
  package mutating func insert(_ id: StreamID) -> Bool {
    guard self.use(of: id) == .unused else { return false }
    let index = Int(id.number >> 1)
    if index > self.highest { self.advance(to: index) }
    let (word, mask) = Self.place(of: index)
    self.bits[word] |= mask
    return true
  }

  /// Makes `index` the highest: the ids passed over are unused, and their bits may be set by older ones.
  private mutating func advance(to index: Int) {
    if index - self.highest >= WireLimits.streamIDWindow {
      for word in self.bits.indices { self.bits[word] = 0 }
    } else {
      for passed in (self.highest + 1)...index {
        let (word, mask) = Self.place(of: passed)
        self.bits[word] &= ~mask
      }
    }
    self.highest = index
  }

  private static func place(of index: Int) -> (word: Int, mask: UInt64) {
    let bit = index % WireLimits.streamIDWindow
    return (bit / Self.bitsPerWord, 1 << UInt64(bit % Self.bitsPerWord))
  }
}
