/// A mistake in the command line, the environment or the configuration file.
///
/// The process should write ``description`` to standard error and end with ``exitCode``.
public struct OptionError: Error, Equatable, CustomStringConvertible {
  /// What a wrong use ends with: `EX_USAGE` of `sysexits.h`.
  public static let exitCode: Int32 = 64

  /// The option's name without dashes; nil: the mistake is not about one option.
  public let option: String?
  /// Where the mistake is; nil: nowhere in particular.
  public let origin: OptionOrigin?
  /// What is wrong, with the option, the value and the place.
  public let message: String
  /// What to do about it.
  public let remedy: String

  /// Describes a mistake.
  public init(
    option: String? = nil, origin: OptionOrigin? = nil, message: String, remedy: String
  ) {
    self.option = option
    self.origin = origin
    self.message = message
    self.remedy = remedy
  }

  /// What is wrong and what to do, in one line.
  public var description: String {
    self.remedy.isEmpty ? self.message : "\(self.message); \(self.remedy)"
  }

  init(_ input: OptionInput, problem: String, remedy: String) {
    let place =
      switch input.origin {
      case .file(let path, let line): "\(path), line \(line): "
      case .environment, .flag, .default: ""
      }
    // Errors of other libraries end as sentences do; here more follows.
    let problem = remedy.isEmpty || !problem.hasSuffix(".") ? problem : String(problem.dropLast())
    self.init(
      option: input.option, origin: input.origin,
      message: "\(place)\(input.spelling): \(problem)", remedy: remedy)
  }
}

/// Text that was asked for instead of a run, by `--help`, `--version`, `--print-config` or `--completions`.
///
/// The process should write it to standard output and end with 0.
public struct RequestedText: Error, Equatable {
  /// Whole lines.
  public let text: String
}
