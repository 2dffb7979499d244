internal import Glibc
internal import Networking
internal import Options
internal import Simulator

/// `youtube-simulator`: reads its options, listens, and serves until SIGINT or SIGTERM.
@main
struct Main {
  static func main() async {
    let configuration: SimulatorConfiguration
    do {
      configuration = try CommandOptions.configuration(CommandOptions.program.parse())
    } catch {
      CommandOptions.program.exit(error)
    }
    do {
      try await Self.serve(configuration)
    } catch {
      Self.fail("youtube-simulator: \(error)", status: 1)
    }
  }

  @NetworkActor
  private static func serve(_ configuration: SimulatorConfiguration) async throws {
    let simulator = try Simulator(configuration)
    print("youtube-simulator: TLS on \(configuration.address):\(simulator.port)")
    if let port = simulator.proxyPort { print("youtube-simulator: proxy on port \(port)") }
    if let port = simulator.tlsProxyPort { print("youtube-simulator: TLS proxy on port \(port)") }
    if let port = simulator.socksPort { print("youtube-simulator: SOCKS on port \(port)") }
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
