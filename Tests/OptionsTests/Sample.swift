internal import Options

/// A program with one of everything, as the tests use it.
enum Sample {
  enum Color: String, CaseIterable, Sendable { case auto, always, never }

  struct Endpoint: Sendable, Equatable {
    var host: String
    var port: Int
  }

  static let endpoint = ValueParser<Endpoint>(
    placeholder: "HOST:PORT", show: { "\($0.host):\($0.port)" }
  ) { text in
    let parts = text.split(separator: ":")
    guard parts.count == 2, let port = Int(parts[1]) else {
      throw ValueProblem("there is no port", remedy: "write HOST:PORT")
    }
    return Endpoint(host: String(parts[0]), port: port)
  }

  static let gateway = Option(
    "gateway", parse: endpoint, default: Endpoint(host: "127.0.0.1", port: 7400),
    help: "Where the gateway is.")
  static let authority = Option("tls-ca", parse: .file, help: "PEM file of the authority.")
  static let color = Option(
    "color", parse: .choice(of: Color.self), default: .auto, help: "Colour.")
  static let timeout = Option(
    "timeout", parse: .duration(in: .milliseconds(1) ... .seconds(3600)), default: .seconds(10),
    help: "How long one call may take.")
  static let password = Option.secretFile("password", help: "File with the password.")
  static let redis = Option(
    "redis-url", parse: .text, help: "Where Redis is.", redact: { _ in "redis://***" })
  static let json = Option("json", parse: .boolean, default: false, help: "Prints JSON.")

  static let limit = Option("limit", parse: .integer(1...100), default: 20, help: "Hits on a page.")
  static let languages = Option.list("lang", parse: .text, help: "Only these languages.")
  static let cache = Option("cache", parse: .byteSize, default: 8 << 20, help: "Memory to use.")
  static let watch = Option(
    "watch", parse: .boolean, defaultNote: "on a terminal", help: "Follows the job.")
  static let words = Argument("WORDS", maximum: .max, help: "What to look for.")
  static let job = Argument("JOB", minimum: 0, help: "The job.")
  static let file = Argument("FILE", completion: .file, help: "Where to write.")
  static let video = Argument("VIDEO", help: "The video.")

  static let program = Program(
    name: "sample", version: "1.2.3", summary: "Shows what options can do.",
    environmentPrefix: "SAMPLE_",
    groups: [
      OptionGroup("Connection", [gateway, authority, timeout, password, redis]),
      OptionGroup("Output", [color, json]),
    ],
    commands: [
      Command(
        "search", summary: "Finds words. Any words.", arguments: [words],
        groups: [OptionGroup("Search", [limit, languages, cache])],
        examples: [Example("sample search 'milky way'", "Finds the phrase.")]),
      Command("index", summary: "Indexes.", groups: [OptionGroup("Index", [watch])]),
      Command("status", summary: "Shows a job.", arguments: [job]),
      Command("export", summary: "Writes a video's file.", arguments: [video, file]),
    ])

  struct Missing: Error, CustomStringConvertible { var description: String { "no such file" } }

  static func parse(
    _ line: String..., environment: [String: String] = [:], files: [String: String] = [:],
    width: Int = 80
  ) throws -> OptionValues {
    try program.parse(
      arguments: line, environment: environment,
      readFile: { path in
        guard let text = files[path] else { throw Missing() }
        return text
      }, width: width)
  }

  /// The message of the mistake in a line; empty: there is none.
  static func mistake(
    _ line: String..., environment: [String: String] = [:], files: [String: String] = [:]
  ) -> String {
    do {
      _ = try program.parse(
        arguments: line, environment: environment,
        readFile: { path in
          guard let text = files[path] else { throw Missing() }
          return text
        })
      return ""
    } catch {
      return "\(error)"
    }
  }

  /// The text that a line asks for.
  static func text(
    of line: String..., environment: [String: String] = [:], files: [String: String] = [:],
    width: Int = 80, program: Program = program
  ) throws -> String {
    do {
      _ = try program.parse(
        arguments: line, environment: environment, readFile: { files[$0] ?? "" }, width: width)
      return ""
    } catch let requested as RequestedText {
      return requested.text
    }
  }
}
