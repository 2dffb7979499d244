internal import Networking
internal import Options
internal import Telemetry
internal import Simulator

/// The command line of `youtube-simulator`.
enum CommandOptions {
  static let listen = Option(
    "listen", parse: .endpoint, default: Endpoint(host: "127.0.0.1", port: 0),
    help: "Where to serve TLS, as YouTube. Port 0 picks a free one, which is printed.")
  static let certificate = Option.required(
    "tls-certificate", parse: .file,
    help:
      "Certificate chain (PEM) that names www.youtube.com and the others; deploy/certificates makes one."
  )
  static let key = Option.required("tls-key", parse: .file, help: "Its private key (PEM).")
  static let proxyPort = Option(
    "proxy-port", parse: .integer(0...UInt16.max), defaultNote: "no proxy",
    help: "Port of an HTTP proxy whose tunnels end here; 0 picks a free one.")
  static let tlsProxyPort = Option(
    "tls-proxy-port", parse: .integer(0...UInt16.max), defaultNote: "none",
    help: "Port of the same proxy, reached by TLS (https://).")
  static let socksPort = Option(
    "socks-port", parse: .integer(0...UInt16.max), defaultNote: "none",
    help: "Port of a SOCKS 5 proxy whose tunnels end here.")
  static let controlListen = Option(
    "control-listen", parse: .endpoint, defaultNote: "no control port",
    help: "Where to serve the control pages, plain HTTP: 127.0.0.1 and a port; 0 picks a free one.")
  static let maxConnections = Option(
    "max-connections", parse: .integer(1...1_000_000), default: 4096,
    help: "Connections at one time, for each way in.")

  static let seed = Option(
    "seed", parse: .integer(0...UInt64.max), default: 1, help: "Everything random comes from it.")
  static let minutes = Option(
    "minutes", parse: .minutes, default: 3...9, help: "Length of synthetic videos, in minutes.")
  static let padding = Option(
    "padding", parse: .byteSize(0...400_000), default: 0,
    help: "Makes player replies larger by so much; real ones have 40 to 400 KB.")

  static let latency = Option(
    "latency", parse: .duration(in: .zero ... .seconds(600)), default: .zero,
    help: "Median time of each request.")
  static let sigma = Option(
    "sigma", parse: .number(0...5), default: 0,
    help: "Spread of the latency: the deviation of its logarithm.")
  static let errorRate = Option(
    "error-rate", parse: .number(0...1), default: 0,
    help: "Part of the requests that fail with a status of 5xx.")
  static let scenario = Option(
    "scenario", parse: .file, defaultNote: "all goes well",
    help: "Behaviour as JSON; see Sources/Simulator/README.md. The options above add to it.")

  static let program = Program(
    name: "youtube-simulator", version: Version.current,
    summary: "A stand-in for YouTube, for demonstrations, tests and load runs.",
    discussion: """
      It serves invented videos with real shapes over real TLS, and answers only for its own identifiers.

      Sample playlists: PLsamples-talks, PLsamples-hours, PLsamples-languages. A synthetic playlist of 1,000 \
      videos: PLsim-1000.
      """,
    environmentPrefix: "VERBATIM_",
    groups: [
      OptionGroup(
        "Serving",
        [
          listen, certificate, key, proxyPort, tlsProxyPort, socksPort, controlListen,
          maxConnections,
        ]),
      OptionGroup("Content", [seed, minutes, padding]),
      OptionGroup("Behaviour", [latency, sigma, errorRate, scenario]),
    ],
    examples: [
      Example(
        "youtube-simulator --listen 127.0.0.1:7427 --tls-certificate simulator.pem --tls-key simulator.key",
        "Serves where `transcript-fetcher --connect-to 127.0.0.1:7427` finds it."),
      Example(
        "youtube-simulator --tls-certificate s.pem --tls-key s.key --latency 1.5s --error-rate 0.02",
        "Is as slow as YouTube, and fails now and then."),
    ])

  /// What the simulator is to do.
  ///
  /// - Throws: `OptionError` for what does not fit together, and for a scenario that cannot be read.
  static func configuration(_ values: OptionValues) throws -> SimulatorConfiguration {
    var configuration = SimulatorConfiguration(
      certificateFile: values[certificate], keyFile: values[key])
    // The simulator wants a numeric address; `:PORT` is every one.
    let host = values[listen].host
    configuration.address = host.isEmpty ? "0.0.0.0" : host == "localhost" ? "127.0.0.1" : host
    configuration.port = values[listen].port
    configuration.proxyPort = values[proxyPort]
    configuration.tlsProxyPort = values[tlsProxyPort]
    configuration.socksPort = values[socksPort]
    if let control = values[controlListen] {
      guard ["127.0.0.1", "localhost"].contains(control.host) else {
        throw values.mistake(
          controlListen, "the control pages are for this machine only",
          remedy: "write 127.0.0.1:\(control.port)")
      }
      configuration.controlPort = control.port
    }
    configuration.maxConnections = values[maxConnections]
    configuration.seed = values[seed]
    configuration.minutes = values[minutes]
    configuration.paddingBytes = values[padding]
    if let file = values[scenario] {
      do {
        configuration.scenario = try Scenario(json: Array(OptionProcess.readFile(file).utf8))
      } catch {
        throw values.mistake(scenario, "\(error)", remedy: "see Sources/Simulator/README.md")
      }
    }
    if values[latency] > .zero {
      configuration.scenario.defaultLatency = Scenario.Latency(
        medianMilliseconds: values[latency] / .milliseconds(1), sigma: values[sigma])
    }
    if values[errorRate] > 0 {
      configuration.scenario.rules.append(.init(.serverError, probability: values[errorRate]))
    }
    return configuration
  }
}

extension ValueParser where Value == Endpoint {
  fileprivate static var endpoint: Self {
    Self(placeholder: "HOST:PORT") { text in
      do {
        return try Endpoint(parsing: text)
      } catch {
        throw ValueProblem("\(error)", remedy: "write it like 127.0.0.1:7427")
      }
    }
  }
}

extension ValueParser where Value == ClosedRange<Double> {
  fileprivate static var minutes: Self {
    Self(
      placeholder: "MIN-MAX", show: { "\(Int($0.lowerBound))-\(Int($0.upperBound))" }
    ) { text in
      let parts = text.split(separator: "-").map { Double($0) }
      guard (1...2).contains(parts.count), let low = parts.first ?? nil,
        let high = parts.last ?? nil, low > 0, low <= high, high <= Self.maxMinutes
      else {
        throw ValueProblem("not a range of minutes", remedy: "write it like 3-9, at most 600")
      }
      return low...high
    }
  }

  private static var maxMinutes: Double { 600 }
}
