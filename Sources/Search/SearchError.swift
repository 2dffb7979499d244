/// Why the index did not do what it was asked.
public struct SearchError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    /// The query has no word in it, or a field is out of range: tell the caller.
    case invalidQuery
    /// The page token or cursor is not one of ours, or belongs to another query: tell the caller.
    case invalidPageToken
    /// No index or alias has the name: tell the caller.
    case noSuchIndex
    /// What is asked for does not fit the indexes and aliases there are: tell the caller.
    case conflict
    /// This back end cannot do it: tell the caller.
    case unsupported
    /// The disk is full or read-only: nothing was written; retry later and tell an operator.
    case storageFull
    /// The file is damaged: stop, and tell an operator.
    case corrupted
    /// The set-up is wrong (folder in use elsewhere, network file system): stop, with the remedy in the message.
    case misconfigured
    /// The search took longer than is allowed: tell the caller, who may ask for rarer words.
    case timedOut
    /// Try again later.
    case unavailable
  }

  public var code: Code
  /// In words a user understands: what happened and the remedy.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { self.message }

  /// The error for a name that no index has.
  public static func noSuchIndex(_ name: IndexName) -> SearchError {
    SearchError(
      .noSuchIndex,
      "There is no index \(name). List the indexes to see which there are; one is made by writing "
        + "into it.")
  }
}
