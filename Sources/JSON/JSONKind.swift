/// The six kinds of JSON values.
public enum JSONKind: Sendable, Hashable {
  case null, bool, number, string, array, object
}
