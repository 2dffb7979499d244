internal import Pipeline
internal import RedisClient

/// What one call of a take function found.
struct Taken<Task: Sendable>: Sendable {
  var tasks: [Task]
  /// With new entries and none there: the id after which to wait. With own or idle ones: where to go on; empty: the end.
  var last: String
  /// Until something delayed is due.
  var due: Duration?

  /// Understands a function's reply: the two values that all takes begin with, then an item in each line (or, of listings,
  /// whose last value may hold anything, in each element).
  ///
  /// - Parameters:
  ///   - fields: Values in an item's text, separated by spaces; the last may be empty.
  ///   - task: Nil for an item that cannot be read; its lease ends by itself.
  init(_ reply: RedisValue, fields: Int, _ task: ([Substring]) -> Task?) throws {
    guard let values = reply.array, values.count == 3, let due = values[1].integer else {
      throw QueueError(.internalError, "A take function answered in a shape that is not ours.")
    }
    self.last = values[0].text ?? ""
    self.due = due < 0 ? nil : .milliseconds(due)
    self.tasks = []
    if let items = values[2].array {
      for item in items { self.add(Substring(item.text ?? ""), fields, task) }
    } else {
      let text = values[2].text ?? ""
      // By bytes: characters take longer, and nothing here is more than ASCII.
      for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
        self.add(Substring(line), fields, task)
      }
    }
  }

  private mutating func add(_ line: Substring, _ fields: Int, _ task: ([Substring]) -> Task?) {
    let parts = line.utf8.split(
      separator: UInt8(ascii: " "), maxSplits: fields - 1, omittingEmptySubsequences: false)
    guard parts.count == fields, let item = task(parts.map { Substring($0) }) else { return }
    self.tasks.append(item)
  }
}
