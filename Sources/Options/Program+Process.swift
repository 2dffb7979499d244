@preconcurrency internal import Glibc

extension Program {
  /// ``parse(arguments:environment:readFile:width:)`` of the running process.
  ///
  /// Give what it throws to ``exit(_:)``.
  public func parse() throws -> OptionValues {
    try self.parse(
      arguments: Array(CommandLine.arguments.dropFirst()),
      environment: OptionProcess.environment, readFile: OptionProcess.readFile,
      width: OptionProcess.columns)
  }

  /// Ends the process as `error` asks for.
  ///
  /// A ``RequestedText`` goes to standard output, with status 0. Anything else goes to standard error, with
  /// ``OptionError/exitCode``, or 1 if it is not an ``OptionError``.
  public func exit(_ error: any Error) -> Never {
    if let requested = error as? RequestedText {
      OptionProcess.write(requested.text, to: STDOUT_FILENO)
      Glibc.exit(0)
    }
    OptionProcess.write("error: \(error)\n", to: STDERR_FILENO)
    Glibc.exit(error is OptionError ? OptionError.exitCode : 1)
  }
}

/// What ``Program`` needs of the process it runs in.
public enum OptionProcess {
  /// A configuration or secret file is read whole; none of ours comes near this.
  static let maxFileBytes = 1 << 20

  /// The environment as it is now.
  public static var environment: [String: String] {
    var environment: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        environment[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      next += 1
    }
    return environment
  }

  /// Columns of the terminal that standard output is, else `COLUMNS`, else ``HelpText/defaultWidth``.
  public static var columns: Int {
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return Int(size.ws_col)
    }
    return getenv("COLUMNS").flatMap { Int(String(cString: $0)) } ?? HelpText.defaultWidth
  }

  /// Reads a text file of at most 1 MiB, as ``Program/parse(arguments:environment:readFile:width:)`` wants it.
  public static func readFile(_ path: String) throws -> String {
    guard let file = fopen(path, "re") else { throw FileProblem(errno) }
    defer { fclose(file) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      content += chunk[..<count]
      guard content.count <= Self.maxFileBytes else {
        throw FileProblem(description: "larger than \(Units.byteText(Self.maxFileBytes))")
      }
      if count < chunk.count { break }
    }
    guard ferror(file) == 0 else { throw FileProblem(errno) }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw FileProblem(description: "not UTF-8 text")
    }
    return text
  }

  static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      // Whoever reads has gone (`--help | head`): nobody is left to tell.
      guard count > 0 || errno == EINTR else { return }
      rest = rest.dropFirst(max(0, count))
    }
  }

  private struct FileProblem: Error, CustomStringConvertible {
    let description: String

    init(description: String) { self.description = description }
    init(_ code: Int32) { self.description = String(cString: strerror(code)) }
  }
}
