internal import Glibc
internal import Simulator

/// A mistake on the command line; names the option and the remedy.
struct OptionError: Error, CustomStringConvertible {
  let description: String
}

/// The command line of `youtube-simulator`.
struct CommandOptions {
  private(set) var configuration: SimulatorConfiguration
  private(set) var wantsHelp = false

  static let help = """
    youtube-simulator: a stand-in for YouTube, for demonstrations, tests and load runs.

    youtube-simulator --certificate FILE --key FILE [options]

      --certificate FILE      certificate chain (PEM) that names www.youtube.com and the others
      --key FILE              its key (PEM)
      --address ADDRESS       where to listen (127.0.0.1)
      --port PORT             TLS port; 0 picks a free one (0)
      --proxy-port PORT       HTTP proxy whose tunnels end here; 0 picks a free one (none)
      --control-port PORT     control port, plain HTTP on loopback; 0 picks a free one (none)
      --seed NUMBER           everything random comes from it (1)
      --minutes MIN-MAX       length of synthetic videos (3-9)
      --latency MILLISECONDS  median time of each request (0)
      --sigma NUMBER          spread of the latency: deviation of its logarithm (0)
      --error-rate SHARE      part of the requests that fail with 5xx (0)
      --padding BYTES         makes player replies larger (0)
      --scenario FILE         behaviour as JSON; see Sources/Simulator/README.md
      --max-connections N     connections at one time (4096)
      --help                  this text

    Sample playlists: PLverbatimSamples1, PLverbatimSamples2, PLverbatimSamples3.
    A synthetic playlist of 1,000 videos: PLsimL001000-00001.
    """

  init(_ arguments: [String]) throws(OptionError) {
    var configuration = SimulatorConfiguration(certificateFile: "", keyFile: "")
    var latency = Scenario.Latency(medianMilliseconds: 0)
    var errorRate = 0.0
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      let name = parts.first ?? ""
      if name == "--help" || name == "-h" {
        self.wantsHelp = true
        break
      }
      guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
        throw OptionError(description: "\(name) needs a value; see --help")
      }
      switch name {
      case "--certificate": configuration.certificateFile = value
      case "--key": configuration.keyFile = value
      case "--address": configuration.address = value
      case "--port": configuration.port = try Self.number(name, value)
      case "--proxy-port": configuration.proxyPort = try Self.number(name, value)
      case "--control-port": configuration.controlPort = try Self.number(name, value)
      case "--seed": configuration.seed = try Self.number(name, value)
      case "--minutes": configuration.minutes = try Self.minutes(value)
      case "--latency": latency.medianMilliseconds = try Self.decimal(name, value, 600_000)
      case "--sigma": latency.sigma = try Self.decimal(name, value, 5)
      case "--error-rate": errorRate = try Self.decimal(name, value, 1)
      case "--padding": configuration.paddingBytes = try Self.number(name, value)
      case "--scenario": configuration.scenario = try Self.scenario(value)
      case "--max-connections": configuration.maxConnections = try Self.number(name, value)
      default: throw OptionError(description: "\(name) is not an option; see --help")
      }
    }
    if latency.medianMilliseconds > 0 { configuration.scenario.defaultLatency = latency }
    if errorRate > 0 {
      configuration.scenario.rules.append(.init(.serverError, probability: errorRate))
    }
    self.configuration = configuration
    guard
      self.wantsHelp || (!configuration.certificateFile.isEmpty && !configuration.keyFile.isEmpty)
    else {
      throw OptionError(
        description: "--certificate and --key are required: PEM files, as made by the quick start")
    }
  }

  private static func number<Number: FixedWidthInteger>(
    _ name: String, _ text: String
  ) throws(OptionError) -> Number {
    guard let number = Number(text), number >= 0 else {
      throw OptionError(
        description: "\(name) must be a whole number from 0 to \(Number.max), not \(text)")
    }
    return number
  }

  private static func decimal(
    _ name: String, _ text: String, _ max: Double
  ) throws(OptionError) -> Double {
    guard let number = Double(text), (0...max).contains(number) else {
      throw OptionError(description: "\(name) must be a number from 0 to \(max), not \(text)")
    }
    return number
  }

  private static func minutes(_ text: String) throws(OptionError) -> ClosedRange<Double> {
    let parts = text.split(separator: "-").compactMap { Double($0) }
    guard let low = parts.first, let high = parts.last, parts.count <= 2, low > 0, low <= high,
      high <= 600
    else {
      throw OptionError(description: "--minutes must be like 3-9, at most 600, not \(text)")
    }
    return low...high
  }

  private static func scenario(_ file: String) throws(OptionError) -> Scenario {
    guard let handle = fopen(file, "r") else {
      throw OptionError(description: "--scenario \(file): \(String(cString: strerror(errno)))")
    }
    defer { fclose(handle) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, handle)
    do {
      return try Scenario(json: Array(bytes[..<count]))
    } catch {
      throw OptionError(description: "--scenario \(file): \(error)")
    }
  }
}
