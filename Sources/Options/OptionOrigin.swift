/// Where the value of an option came from.
public enum OptionOrigin: Sendable, Hashable, CustomStringConvertible {
  /// The command line.
  case flag
  /// An environment variable.
  case environment(variable: String)
  /// The configuration file.
  case file(path: String, line: Int)
  /// Nobody gave one.
  case `default`

  /// In words: `environment VERBATIM_LISTEN`.
  public var description: String {
    switch self {
    case .flag: "flag"
    case .environment(let variable): "environment \(variable)"
    case .file(let path, let line): "\(path), line \(line)"
    case .default: "default"
    }
  }
}
