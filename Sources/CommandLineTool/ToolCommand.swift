internal import API
internal import Options
internal import Protobuf
internal import RPC

/// One subcommand.
protocol ToolCommand: SendableMetatype {
  /// Its table of options and arguments.
  static var declaration: Command { get }
  /// What helps when the gateway does not find what was asked for.
  static var notFoundRemedy: String { get }
  /// Does it.
  ///
  /// - Throws: `RPCError` as calls throw it, ``ToolError``, and `CancellationError` after Ctrl-C.
  static func run(_ context: CommandContext) async throws -> ExitCode
}

extension ToolCommand {
  static var notFoundRemedy: String { JobIDs.notFoundRemedy }
}

/// What a command works with.
struct CommandContext: Sendable {
  let values: OptionValues
  let console: Console
  let clock: ToolClock
  /// The text of a file.
  let readFile: @Sendable (String) throws -> String
  /// More of the standard input; nil at its end.
  let readInput: @Sendable () async -> [UInt8]?
  /// The way to what is called, for calls of any service.
  let channel: any RPCChannel
  let gateway: GatewayClient
  /// The same gateway, for operators.
  let pipeline: PipelineClient
  /// The same gateway, for playlists that are kept up to date.
  let sync: SyncClient
  /// The same gateway, for what is asked of indexes, and for their operators.
  let index: IndexClient
  let indexAdmin: IndexAdminClient
  /// Where the gateway is.
  let settings: ConnectionSettings
  let json: JSONOutput
  /// For standard output and standard error.
  let style: TextStyle
  let errorStyle: TextStyle

  var isJSON: Bool { self.values[ToolOptions.json] }
  var callOptions: RPCOptions { RPCOptions(timeout: self.values[ToolOptions.timeout]) }
  /// Columns for lines of standard output; nil: they may be as long as they are, since no person reads them as they are.
  var width: Int? { self.console.output.isTerminal ? self.console.output.columns() : nil }

  /// Writes a result.
  func print(_ line: String) { self.console.output.line(line) }
  /// Writes a message as JSON.
  func print(json message: some ProtoMessage) throws { self.print(try self.json.line(message)) }
  /// Writes something for the person, which is no result.
  func tell(_ line: String) { self.console.errors.line(line) }
  /// Writes a problem that does not end the command.
  func warn(_ text: String) {
    self.tell(self.errorStyle.yellow("warning:") + " " + SafeText.line(text))
  }
  func reportError(_ error: ToolError) {
    self.console.errors.line(Self.text(of: error, self.errorStyle))
  }

  /// What is wrong, and what helps in a line of its own.
  static func text(of error: ToolError, _ style: TextStyle) -> String {
    let message = style.red("error:") + " " + SafeText.line(error.message)
    guard !error.remedy.isEmpty else { return message }
    return message + "\n" + style.dim("hint:") + " " + SafeText.line(error.remedy)
  }
}

/// What several commands say of jobs.
enum JobIDs {
  static let notFoundRemedy = "`verbatim jobs` lists the jobs there are"
}
