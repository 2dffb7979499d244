/// Takes things in turn.
struct RoundRobin: Sendable {
  private var turn = 0

  /// The next of `all` that is usable; nil if none is.
  mutating func next<Thing>(of all: [Thing], where isUsable: (Thing) -> Bool) -> Thing? {
    for step in 0..<all.count {
      let index = (self.turn + step) % all.count
      if isUsable(all[index]) {
        self.turn = index + 1
        return all[index]
      }
    }
    return nil
  }
}
