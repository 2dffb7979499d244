/// What one message uses of a window.
///
/// At least ``WireLimits/minMessageCost``, so that empty messages are bounded too.
package func messageCost(_ payloadBytes: Int) -> Int {
  max(payloadBytes, WireLimits.minMessageCost)
}

/// Credit that the peer has given: how much this side may send.
///
///     open ──used, down to 0 or below──▶ used up ──given──▶ open
///
/// Messages are not cut, so one may be sent while there is any credit at all, and what is left may fall below 0: by less than one
/// message, which is the bound.
struct SendCredit: Sendable, Hashable {
  private(set) var left: Int

  init(_ bytes: Int) { self.left = bytes }

  /// Whether a message may be sent now.
  var allowsMessage: Bool { self.left > 0 }

  mutating func use(_ cost: Int) { self.left -= cost }

  /// The peer's SETTINGS have come after the first messages: the credit is what it would be had they been there before.
  mutating func beginningChanged(from old: Int, to new: Int) { self.left += new - old }

  /// The peer gives more.
  ///
  /// - Returns: False for an increment of 0, or more than ``WireLimits/maxWindowBytes`` in all: the peer is in error.
  mutating func give(_ increment: UInt32) -> Bool {
    let sum = self.left + Int(increment)
    guard increment > 0, sum <= WireLimits.maxWindowBytes else { return false }
    self.left = sum
    return true
  }
}

/// Credit that this side has given: how much the peer may still send, and what can be given back to it.
///
/// Credit goes back in pieces of half the window: often enough that a sender who is kept up with never waits, seldom enough to cost
/// nothing.
struct ReceiveCredit: Sendable, Hashable {
  private let window: Int
  private var left: Int
  /// What has been taken by whom it was for, and not given back yet.
  private var freed = 0

  /// - Parameter announced: What the peer believes it has until it reads the SETTINGS: it may use up to the larger of the two.
  init(window: Int, announced: Int) {
    self.window = window
    self.left = max(window, announced)
  }

  /// A message has come.
  ///
  /// - Returns: False when the peer had no credit left for it.
  mutating func use(_ cost: Int) -> Bool {
    guard self.left > 0 else { return false }
    self.left -= cost
    return true
  }

  /// A message that had come is kept no longer.
  mutating func free(_ cost: Int) { self.freed += cost }

  /// What is to be given back now; nil: not worth a frame yet.
  mutating func takeIncrement() -> UInt32? {
    guard 2 * self.freed >= self.window else { return nil }
    let increment = self.freed
    self.left += increment
    self.freed = 0
    return UInt32(increment)
  }
}
