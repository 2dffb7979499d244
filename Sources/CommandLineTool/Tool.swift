internal import API
internal import Options
internal import RPC

/// The command line tool, without the process around it.
package struct Tool: Sendable {
  private let console: Console
  private let environment: [String: String]
  private let clock: ToolClock
  private let readFile: @Sendable (String) throws -> String
  private let readInput: @Sendable () async -> [UInt8]?
  private let connect: @Sendable (ConnectionSettings) throws -> GatewayConnection

  /// - Parameters:
  ///   - readFile: The text of a file.
  ///   - readInput: More of the standard input; nil at its end, and when the task is cancelled.
  ///   - connect: Makes the way to the gateway; need not wait until there is one.
  package init(
    console: Console, environment: [String: String], clock: ToolClock,
    readFile: @escaping @Sendable (String) throws -> String,
    readInput: @escaping @Sendable () async -> [UInt8]?,
    connect: @escaping @Sendable (ConnectionSettings) throws -> GatewayConnection
  ) {
    self.console = console
    self.environment = environment
    self.clock = clock
    self.readFile = readFile
    self.readInput = readInput
    self.connect = connect
  }

  /// Runs one command line, and has written everything when it returns.
  ///
  /// - Parameters:
  ///   - arguments: Without the executable's name.
  ///   - interrupts: An element for each Ctrl-C; only the first is waited for.
  package func run(_ arguments: [String], interrupts: AsyncStream<Void>) async -> ExitCode {
    let values: OptionValues
    let settings: ConnectionSettings
    do {
      values = try ToolOptions.program.parse(
        arguments: arguments, environment: self.environment, readFile: self.readFile,
        width: self.console.output.columns())
      settings = try ConnectionSettings(values)
    } catch let requested as RequestedText {
      self.console.output.write(requested.text)
      return .ok
    } catch {
      let mistake = error as? OptionError
      self.report(
        ToolError(.usage, mistake?.message ?? "\(error)", remedy: mistake?.remedy ?? ""),
        self.style(.auto, self.console.errors))
      return .usage
    }
    return await withTaskGroup(of: End.self) { group in
      group.addTask { .command(await self.run(values, settings)) }
      group.addTask {
        for await _ in interrupts { return .interrupt }
        return .noInterrupt
      }
      var exitCode = ExitCode.interrupted
      for await end in group {
        switch end {
        case .command(let code):
          exitCode = code
          group.cancelAll()
        case .interrupt: group.cancelAll()
        case .noInterrupt: break
        }
      }
      return exitCode
    }
  }

  private enum End {
    case command(ExitCode)
    case interrupt
    case noInterrupt
  }

  private func run(_ values: OptionValues, _ settings: ConnectionSettings) async -> ExitCode {
    let errorStyle = self.style(values[ToolOptions.color], self.console.errors)
    guard let command = ToolOptions.commands.first(where: { $0.declaration.name == values.command })
    else { preconditionFailure("\(values.command ?? "no command") is not in the table") }
    do {
      let connection = try self.connect(settings)
      let context = CommandContext(
        values: values, console: self.console, clock: self.clock,
        readFile: self.readFile, readInput: self.readInput, channel: connection.channel,
        gateway: GatewayClient(connection.channel),
        pipeline: PipelineClient(connection.channel), sync: SyncClient(connection.channel),
        index: IndexClient(connection.channel),
        indexAdmin: IndexAdminClient(connection.channel), settings: settings,
        json: try JSONOutput(), style: self.style(values[ToolOptions.color], self.console.output),
        errorStyle: errorStyle)
      let result: Result<ExitCode, any Error>
      do {
        result = .success(try await command.run(context))
      } catch {
        result = .failure(error)
      }
      await connection.close()
      return try result.get()
    } catch is CancellationError {
      return .interrupted
    } catch  where Task.isCancelled {
      // However a call words it: it ended because of Ctrl-C.
      return .interrupted
    } catch {
      let shown =
        switch error {
        case let error as ToolError: error
        case let error as RPCError:
          ToolError(error, settings, notFound: command.notFoundRemedy)
        default: ToolError(.unavailable, "\(error)")
        }
      self.report(shown, errorStyle)
      return shown.exitCode
    }
  }

  private func style(_ use: TextStyle.Use, _ output: Console.Output) -> TextStyle {
    TextStyle(use, isTerminal: output.isTerminal, environment: self.environment)
  }

  private func report(_ error: ToolError, _ style: TextStyle) {
    self.console.errors.line(CommandContext.text(of: error, style))
  }
}
