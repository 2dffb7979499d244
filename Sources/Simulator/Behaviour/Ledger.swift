/// What has been asked so far: attempts, counts for each identity, totals, and the newest requests.
///
/// Everything is bounded: what would exceed a bound starts from zero or pushes out the oldest.
struct Ledger {
  /// One request, for the log.
  struct Entry {
    var milliseconds: Int64
    var identity: String
    var path: Scenario.Path
    var subject: String
    var attempt: Int
    var status: Int
  }

  static let maxSubjects = 500_000
  static let maxIdentities = 10_000
  static let maxEntries = 20_000

  private var attempts: [String: Int] = [:]
  private var windows: [String: (start: Int64, count: Int)] = [:]
  private(set) var entries: [Entry] = []
  private var oldest = 0
  private(set) var requests: [Scenario.Path: Int] = [:]
  private(set) var statuses: [Int: Int] = [:]
  private(set) var faults: [Scenario.Fault: Int] = [:]
  private(set) var identities: [String: Int] = [:]
  var running = 0
  private(set) var maxRunning = 0

  /// Counts a request that begins; its attempt, from 1.
  mutating func begin(_ path: Scenario.Path, _ subject: String, identity: String) -> Int {
    self.requests[path, default: 0] += 1
    self.running += 1
    self.maxRunning = max(self.maxRunning, self.running)
    if self.identities.count >= Self.maxIdentities, self.identities[identity] == nil {
      self.identities.removeAll()
    }
    self.identities[identity, default: 0] += 1
    if self.attempts.count >= Self.maxSubjects { self.attempts.removeAll() }
    let key = "\(path.rawValue) \(subject)"
    self.attempts[key, default: 0] += 1
    return self.attempts[key, default: 1]
  }

  /// True when `identity` has used up its window.
  mutating func exceeds(_ cap: Scenario.Cap, identity: String, seconds: Int64) -> Bool {
    if self.windows.count >= Self.maxIdentities, self.windows[identity] == nil {
      self.windows.removeAll()
    }
    var window = self.windows[identity] ?? (seconds, 0)
    if seconds - window.start >= Int64(cap.windowSeconds) { window = (seconds, 0) }
    window.count += 1
    self.windows[identity] = window
    return window.count > cap.maxRequests
  }

  mutating func struck(_ fault: Scenario.Fault) { self.faults[fault, default: 0] += 1 }

  mutating func end(_ entry: Entry) {
    self.running -= 1
    self.statuses[entry.status, default: 0] += 1
    if self.entries.count < Self.maxEntries {
      self.entries.append(entry)
    } else {
      self.entries[self.oldest] = entry
      self.oldest = (self.oldest + 1) % Self.maxEntries
    }
  }

  /// The newest `limit` requests, oldest first; of one identity when it is given.
  func newest(_ limit: Int, identity: String?) -> [Entry] {
    let ordered = self.entries[self.oldest...] + self.entries[..<self.oldest]
    return Array(ordered.filter { identity == nil || $0.identity == identity }.suffix(limit))
  }

  /// Forgets everything but what is running.
  mutating func reset() {
    let running = self.running
    self = Ledger()
    self.running = running
  }
}
