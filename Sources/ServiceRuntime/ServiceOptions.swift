public import Networking
public import Options
internal import Telemetry

/// The options that every service has. What a service adds of its own stands beside them in its ``Program``.
public struct ServiceOptions: Sendable {
  /// `healthcheck` asks the running service instead of starting one.
  public static let action = Argument(
    "healthcheck", minimum: 0,
    help: "Asks the service that runs with these options whether it is ready; ends with 0 or 1.")

  let listen: Option<Endpoint>
  let adminListen: Option<Endpoint>

  let tlsCA = Option(
    "tls-ca", parse: .file, defaultNote: "none",
    help:
      "Certificates of the authorities whose clients and services are trusted, PEM. Read again at SIGHUP."
  )
  let tlsCertificate = Option(
    "tls-certificate", parse: .file, defaultNote: "none",
    help: "This service's certificate chain, PEM. Read again at SIGHUP.")
  let tlsKey = Option(
    "tls-key", parse: .file, defaultNote: "none",
    help: "Its private key, PEM. Read again at SIGHUP.")
  let plaintext = Option(
    "plaintext", parse: .boolean, default: false,
    help:
      "Serves and calls without TLS. Possible on loopback addresses only; for trying things out.")

  let tokens = Option(
    "tokens", parse: .file, defaultNote: "none",
    help:
      "Tokens of callers without certificates, made by deploy/token. With it, callers may come without a certificate and must send a token. Read again at SIGHUP."
  )
  let maxConnections = Option(
    "max-connections", parse: .integer(1...1_000_000), default: 4096,
    help: "Connections served at a time; more wait.")
  let maxCalls = Option(
    "max-calls", parse: .integer(1...1_000_000), default: 10_000,
    help: "Calls answered at a time; more are refused with RESOURCE_EXHAUSTED.")
  let maxConnectionAge = Option(
    "max-connection-age", parse: .duration(in: .seconds(1) ... .seconds(30 * 86400)),
    default: .seconds(1800),
    help:
      "After it callers are asked to connect anew, so that replicas that were added get calls. Calls that run may end."
  )

  let redisURL = Option(
    "redis-url", parse: .text, default: "redis://127.0.0.1:6379", placeholder: "URL",
    help:
      "redis://[USER@]HOST:PORT, redis+sentinel://HOST:PORT,…/PRIMARY or redis+cluster://HOST:PORT,…; with rediss in place of redis for TLS. The password goes into a file.",
    redact: { RedisOptions.redacted($0) })
  let redisPassword = Option.secretFile("redis-password", help: "File with Redis' password.")
  let redisCA = Option(
    "redis-ca", parse: .file, defaultNote: "the system's authorities",
    help:
      "For rediss://: certificates of the authorities that Redis' certificate is checked with, PEM."
  )
  let redisCertificate = Option(
    "redis-certificate", parse: .file, defaultNote: "none",
    help: "For rediss://: certificate to show to Redis, PEM.")
  let redisKey = Option(
    "redis-key", parse: .file, defaultNote: "none", help: "For rediss://: its private key, PEM.")
  let consumerName = Option(
    "consumer-name", parse: .text, placeholder: "NAME",
    defaultNote: "host name and port",
    help:
      "This process' name in Redis: different for each that runs, the same after a restart. Then it goes on at once with what it had in work."
  )

  let logLevel = Option(
    "log-level", parse: .choice(LogLevel.allCases.map { ($0.name, $0) }), default: LogLevel.info,
    help: "The least important lines that are written.")
  let logFormat = Option(
    "log-format", parse: .choice(of: LogSink.Format.self), default: .json,
    help: "How log lines look; they go to standard error.")
  let otlpEndpoint = Option(
    "otlp-endpoint", parse: .text, placeholder: "URL", defaultNote: "none",
    help:
      "A collector of traces that takes OTLP over HTTP, such as http://127.0.0.1:4318. Spans of calls go to /v1/traces there."
  )
  let traceSample = Option(
    "trace-sample", parse: .number(0...1), default: 1,
    help:
      "The part of the traces that begin here and are recorded, where there is a collector. Callers' traces decide for themselves."
  )
  let shutdownTimeout = Option(
    "shutdown-timeout", parse: .duration(in: .seconds(1) ... .seconds(600)), default: .seconds(20),
    help: "What a stop by SIGTERM may take before unfinished work is given back.")

  /// - Parameter port: Where the service listens by default; its admin pages are on the next port.
  public init(port: UInt16) {
    self.listen = Option(
      "listen", parse: .endpoint, default: Endpoint(host: "127.0.0.1", port: port),
      help: "Where callers are served. 0.0.0.0 or [::] is every address of the machine.")
    self.adminListen = Option(
      "admin-listen", parse: .endpoint, default: Endpoint(host: "127.0.0.1", port: port + 1),
      help:
        "Where /healthz, /readyz and /metrics are served: plain HTTP, for your own network only.")
  }

  /// For the service's ``Program``, after its own groups.
  public var groups: [OptionGroup] {
    [
      OptionGroup(
        "Serving",
        [
          self.listen, self.adminListen, self.tlsCA, self.tlsCertificate, self.tlsKey,
          self.plaintext, self.tokens, self.maxConnections, self.maxCalls, self.maxConnectionAge,
          self.shutdownTimeout,
        ]),
      OptionGroup(
        "Redis",
        [
          self.redisURL, self.redisPassword, self.redisCA, self.redisCertificate, self.redisKey,
          self.consumerName,
        ]),
      OptionGroup("Logs", [self.logLevel, self.logFormat]),
      OptionGroup("Traces", [self.otlpEndpoint, self.traceSample]),
    ]
  }
}

extension ValueParser where Value == Endpoint {
  /// `HOST:PORT`.
  public static var endpoint: Self {
    Self(placeholder: "HOST:PORT") { text in
      do {
        return try Endpoint(parsing: text)
      } catch {
        throw ValueProblem(
          "\(error)", remedy: "write HOST:PORT, such as 127.0.0.1:7400 or [::1]:7400")
      }
    }
  }
}
