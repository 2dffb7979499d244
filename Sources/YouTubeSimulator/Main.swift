internal import Glibc
internal import Networking
internal import Simulator

/// `youtube-simulator`: reads its options, listens, and serves until SIGINT or SIGTERM.
@main
struct Main {
  static func main() async {
    let options: CommandOptions
    do {
      options = try CommandOptions(Array(CommandLine.arguments.dropFirst()))
    } catch {
      Self.fail("\(error)", status: 64)
    }
    if options.wantsHelp {
      print(CommandOptions.help)
      return
    }
    do {
      try await Self.serve(options)
    } catch {
      Self.fail("youtube-simulator: \(error)", status: 1)
    }
  }

  @NetworkActor
  private static func serve(_ options: CommandOptions) async throws {
    let simulator = try Simulator(options.configuration)
    print("youtube-simulator: TLS on \(options.configuration.address):\(simulator.port)")
    if let port = simulator.proxyPort { print("youtube-simulator: proxy on port \(port)") }
    if let port = simulator.controlPort { print("youtube-simulator: control on port \(port)") }
    // Whoever started it waits for these lines; a pipe would keep them back.
    fflush(nil)
    let signals = StopSignals()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await simulator.run() }
      await signals.wait()
      group.cancelAll()
    }
  }

  private static func fail(_ message: String, status: Int32) -> Never {
    var line = message + "\n"
    line.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
    exit(status)
  }
}
