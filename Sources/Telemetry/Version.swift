/// Which Verbatim this is.
public enum Version {
  /// As in `CHANGELOG.md`; the API has versions of its own, in the names of its packages.
  public static let current = "0.1.0"
}
