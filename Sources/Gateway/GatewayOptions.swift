internal import Networking
internal import Options
internal import Telemetry
internal import ServiceRuntime

/// The command line of `gateway`.
enum GatewayOptions {
  static let service = ServiceOptions(port: 7400)

  static let fetchers = Option.list(
    "fetcher", parse: .endpoint, default: [Endpoint(host: "127.0.0.1", port: 7410)],
    help:
      "Where transcript fetchers are. A name stands for all addresses it has; give it again for more."
  )
  static let indexers = Option.list(
    "indexer", parse: .endpoint, default: [Endpoint(host: "127.0.0.1", port: 7420)],
    help: "Where indexers are. A name stands for all addresses it has; give it again for more.")
  static let fetcherName = Option(
    "fetcher-name", parse: .text, default: "transcript-fetcher", placeholder: "NAME",
    help: "The name that fetchers' certificates carry.")
  static let indexerName = Option(
    "indexer-name", parse: .text, default: "indexer", placeholder: "NAME",
    help: "The name that indexers' certificates carry.")
  static let allow = Option.list(
    "allow", parse: .text, placeholder: "NAME",
    defaultNote: "every certificate of the authority",
    help: "Who may call: names (DNS or URI) that callers' certificates carry.")

  static let allowOperators = Option.list(
    "allow-operator", parse: .text, placeholder: "NAME", defaultNote: "those of --allow",
    help: "Who may pause, requeue, audit and see statistics, where --allow names the callers.")

  static let program = Program(
    name: "gateway", version: Version.current,
    summary: "Takes playlists to index, tells how they get on, and searches what was said.",
    discussion:
      "Any number of gateways may run on one Redis; each may be stopped or killed at any time.",
    environmentPrefix: "VERBATIM_", arguments: [ServiceOptions.action],
    groups: [
      OptionGroup(
        "Gateway",
        [
          Self.fetchers, Self.indexers, Self.fetcherName, Self.indexerName, Self.allow,
          Self.allowOperators,
        ])
    ] + Self.service.groups,
    examples: [
      Example(
        "gateway --tls-ca ca.pem --tls-certificate gateway.pem --tls-key gateway.key --fetcher fetchers:7410 --indexer indexers:7420",
        "serves on 127.0.0.1:7400"),
      Example("gateway healthcheck", "ends with 0 when the gateway on this machine is ready"),
    ])
}
