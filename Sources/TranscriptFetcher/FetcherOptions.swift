internal import Networking
internal import Options
internal import Telemetry
internal import ServiceRuntime

/// The command line of `transcript-fetcher`.
enum FetcherOptions {
  static let service = ServiceOptions(port: 7410)

  static let maxFetches = Option(
    "max-fetches", parse: .integer(1...10_000), default: 1000,
    help: "Videos in work at once. The rate limits of the egress identities hold in any case.")
  static let proxies = Option(
    "proxy-file", parse: .file, defaultNote: "none: requests leave from this machine",
    help:
      "File with one proxy a line, `[NAME=]http://[USER:PASSWORD@]HOST:PORT [rotating] [weight=N]`; https, socks5 and socks5h too. Each is an egress identity with limits of its own; one of weight N has N times those limits and that share of the requests."
  )
  static let proxyCA = Option(
    "proxy-ca", parse: .file, defaultNote: "the system's authorities",
    help: "Certificates of the authorities that https proxies' certificates are checked with, PEM.")
  static let rateLimit = Option(
    "rate-limit", parse: .number(0.001...1_000_000), defaultNote: "as set in Redis, at first 1",
    help:
      "Requests a second of one egress identity. Like the next two it is written to Redis when this process starts, and holds for all fetchers."
  )
  static let rateBurst = Option(
    "rate-burst", parse: .integer(1...1_000_000), defaultNote: "as set in Redis, at first 20",
    help: "Requests of one egress identity that may come at once after a quiet time.")
  static let rateHourly = Option(
    "rate-hourly", parse: .integer(1...1_000_000_000), defaultNote: "as set in Redis, at first 900",
    help: "Requests of one egress identity in any hour.")
  static let connectTo = Option(
    "connect-to", parse: .endpoint, defaultNote: "YouTube",
    help:
      "Connects here instead of to YouTube, whose names certificates must still carry: for the simulator."
  )
  static let sourceCA = Option(
    "source-ca", parse: .file, defaultNote: "the system's authorities",
    help: "Certificates of the authorities that YouTube's certificates are checked with, PEM.")
  static let allow = Option.list(
    "allow", parse: .text, default: ["gateway"], placeholder: "NAME",
    help: "Who may call: names (DNS or URI) that callers' certificates carry.")

  static let program = Program(
    name: "transcript-fetcher", version: Version.current,
    summary: "Fetches playlists and transcripts, politely.",
    discussion: """
      Takes videos from Redis as long as it has free slots, and hands their transcripts to the indexers. Start as many as \
      you like: limits are kept for each egress identity, however many processes use it.
      """,
    environmentPrefix: "VERBATIM_", arguments: [ServiceOptions.action],
    groups: [
      OptionGroup(
        "Fetching",
        [
          Self.maxFetches, Self.proxies, Self.proxyCA, Self.rateLimit, Self.rateBurst,
          Self.rateHourly,
          Self.connectTo, Self.sourceCA, Self.allow,
        ])
    ] + Self.service.groups,
    examples: [
      Example(
        "transcript-fetcher --tls-ca ca.pem --tls-certificate fetcher.pem --tls-key fetcher.key --proxy-file proxies.txt",
        "fetches through the proxies of a file"),
      Example("transcript-fetcher healthcheck", "ends with 0 when the fetcher here is ready"),
    ])
}
