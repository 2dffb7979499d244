internal import Pipeline
internal import RedisClient

/// What one call of a take function found.
struct Taken<Task: Sendable>: Sendable {
  var tasks: [Task]
  /// With new entries and none there: the id after which to wait. With own or idle ones: where to go on; empty: the end.
  var last: String
  /// Until something delayed is due.
  var due: Duration?

  /// Understands a function's reply: the two values that all takes begin with, then one text for each item.
  ///
  /// - Parameters:
  ///   - fields: Values in an item's text, separated by spaces; the last may be empty.
  ///   - task: Nil for an item that cannot be read; its lease ends by itself.
  init(_ reply: RedisValue, fields: Int, _ task: ([Substring]) -> Task?) throws {
    guard let values = reply.array, values.count >= 2, let due = values[1].integer else {
      throw QueueError(.internalError, "A take function answered in a shape that is not ours.")
    }
    self.last = values[0].text ?? ""
    self.due = due < 0 ? nil : .milliseconds(due)
    self.tasks = values.dropFirst(2).compactMap { value in
      guard let text = value.text else { return nil }
      let parts = text.split(
        separator: " ", maxSplits: fields - 1, omittingEmptySubsequences: false)
      return parts.count == fields ? task(parts) : nil
    }
  }
}
