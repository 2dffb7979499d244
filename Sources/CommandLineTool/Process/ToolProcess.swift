internal import Glibc
internal import Networking
internal import Options
internal import RPCTransport

/// The tool in its process: real outputs, time, signals and connections.
package enum ToolProcess {
  /// Runs the process's command line and ends the process.
  package static func run() async -> Never {
    let (interrupts, interrupt) = AsyncStream.makeStream(of: Void.self)
    let exitCode = await withTaskGroup(of: ExitCode?.self) { group in
      group.addTask {
        // Only the first: then Ctrl-C is what it always was, for a tool that does not end.
        for await _ in Signals.stream(of: [SIGINT]) { break }
        interrupt.yield()
        return nil
      }
      group.addTask {
        await Tool(
          console: .process, environment: OptionProcess.environment, clock: .process,
          readFile: OptionProcess.readFile, readInput: StandardInput().read,
          connect: GatewayConnection.make
        ).run(Array(CommandLine.arguments.dropFirst()), interrupts: interrupts)
      }
      var exitCode = ExitCode.ok
      for await code in group {
        guard let code else { continue }
        exitCode = code
        group.cancelAll()
      }
      return exitCode
    }
    exit(exitCode.rawValue)
  }
}

extension GatewayConnection {
  /// Connects when the first call is made.
  ///
  /// - Throws: `ToolError` for certificates that cannot be used.
  static func make(_ settings: ConnectionSettings) throws -> GatewayConnection {
    let tls: TLSContext?
    do {
      tls = try settings.tls.map { files throws(NetworkError) in
        try TLSContext.client(
          authority: files.authority, certificate: files.certificate, key: files.key,
          protocols: RPCProtocol.names)
      }
    } catch {
      // Files that the command line named.
      throw ToolError(.usage, error.message)
    }
    let client = RPCClient(
      endpoints: settings.endpoints, tls: tls, serverName: settings.tls?.serverName)
    return GatewayConnection(channel: client) { await client.close() }
  }
}

extension ToolClock {
  /// Real time.
  fileprivate static var process: ToolClock {
    let start = ContinuousClock.now
    return ToolClock(
      now: { start.duration(to: .now) }, unixSeconds: { Int64(time(nil)) },
      sleep: { try await Task.sleep(for: $0, clock: .continuous) },
      tick: { try await Task.sleep(for: $0, clock: .continuous) })
  }
}

extension Console {
  /// The outputs of the process.
  fileprivate static var process: Console {
    Console(output: .descriptor(STDOUT_FILENO), errors: .descriptor(STDERR_FILENO))
  }
}

extension Console.Output {
  /// Of a shell whose command ended by SIGPIPE: 128 + 13.
  private static let brokenPipeStatus: Int32 = 141

  fileprivate static func descriptor(_ descriptor: Int32) -> Self {
    Self(isTerminal: isatty(descriptor) == 1, columns: { Self.columns(descriptor) }) { text in
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 {
          if errno == EINTR { continue }
          // Whoever reads has enough (`verbatim videos JOB | head`), or the disk is full; there is no way to go on.
          if errno != EPIPE { perror("error: writing failed") }
          exit(errno == EPIPE ? Self.brokenPipeStatus : ExitCode.internalError.rawValue)
        }
        rest = rest.dropFirst(count)
      }
    }
  }

  private static func columns(_ descriptor: Int32) -> Int {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    return getenv("COLUMNS").flatMap { Int(String(cString: $0)) } ?? HelpText.defaultWidth
  }
}
