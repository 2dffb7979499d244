internal import AdminServer
internal import Glibc
internal import Networking
public import Options
internal import RPC
internal import RPCHealth
internal import RPCReflection
internal import RPCTransport
public import Telemetry

/// The life of a service's process, from its command line to its exit status.
public enum ServiceMain {
  /// Exit statuses, as in `sysexits.h`: 64 wrong use (`OptionError.exitCode`), 69 the address is taken or something else is
  /// missing, 78 a file or setting cannot be used.
  private enum Exit {
    static let failed: Int32 = 1
    static let unavailable: Int32 = 69
    static let configuration: Int32 = 78
  }

  /// Something that a program does in place of serving, and then ends.
  public struct Action: Sendable {
    let name: String
    let maximum: Int
    let run: @Sendable (OptionValues, [String], Logger) async throws -> Void

    /// - Parameters:
    ///   - name: The word on the command line.
    ///   - maximum: Words that may follow it.
    ///   - run: What it throws ends the process with its description on standard error.
    public init(
      _ name: String, maximum: Int = 0,
      run: @escaping @Sendable (OptionValues, [String], Logger) async throws -> Void
    ) {
      self.name = name
      self.maximum = maximum
      self.run = run
    }
  }

  /// Parses the command line, starts what `make` returns, and serves until a signal.
  ///
  /// - Parameters:
  ///   - program: The table of options; holds `options.groups`.
  ///   - actions: Beside `healthcheck`.
  ///   - make: Builds the service. What it throws ends the process with its description on standard error.
  public static func run(
    _ program: Program, _ options: ServiceOptions, actions: [Action] = [],
    _ make: (ServiceContext) async throws -> Service
  ) async -> Never {
    let values: OptionValues
    do {
      values = try program.parse()
    } catch {
      program.exit(error)
    }
    let logger = Logger(
      label: program.name, level: values[options.logLevel],
      sink: .standardError(values[options.logFormat]))
    if let action = values[ServiceOptions.action].first {
      if action == "healthcheck" { await Self.healthcheck(values, options) }
      let words = Array(values[ServiceOptions.action].dropFirst())
      guard let known = actions.first(where: { $0.name == action }), words.count <= known.maximum
      else {
        let names = (["healthcheck"] + actions.map(\.name)).joined(separator: " or ")
        program.exit(
          OptionError(
            message:
              "\(values[ServiceOptions.action].joined(separator: " ")) is nothing that \(program.name) does",
            remedy: "write \(names), or nothing to start the service"))
      }
      await Self.perform(known, words, values, program, logger)
    }
    ProcessLimits.prepare()
    do {
      try await Self.serve(program, options, values, logger, make)
      exit(0)
    } catch let error as OptionError {
      program.exit(error)
    } catch let error as ServiceGroup.UnexpectedEnd {
      logger.error("The service ended because a part of it did.", [.error: error.description])
      exit(Exit.failed)
    } catch let error as NetworkError where error.code != .misconfigured {
      logger.error("The service cannot start.", [.error: "\(error)"])
      exit(Exit.unavailable)
    } catch {
      logger.error("The service cannot start.", [.error: "\(error)"])
      exit(Exit.configuration)
    }
  }

  private static func perform(
    _ action: Action, _ words: [String], _ values: OptionValues, _ program: Program,
    _ logger: Logger
  ) async -> Never {
    do {
      try await action.run(values, words, logger)
      exit(0)
    } catch let error as OptionError {
      program.exit(error)
    } catch {
      logger.error("It could not be done.", [.error: "\(error)"])
      exit(Exit.failed)
    }
  }

  private static func healthcheck(_ values: OptionValues, _ options: ServiceOptions) async -> Never
  {
    let problem = await HealthProbe.problem(at: values[options.adminListen])
    guard let problem else { exit(0) }
    var line = Array("\(problem)\n".utf8)[...]
    while !line.isEmpty {
      let count = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
      // Nobody reads: the exit status says it too.
      guard count > 0 else { break }
      line = line.dropFirst(count)
    }
    exit(Exit.failed)
  }

  private static func serve(
    _ program: Program, _ options: ServiceOptions, _ values: OptionValues, _ logger: Logger,
    _ make: (ServiceContext) async throws -> Service
  ) async throws {
    // Before anything is started, so that no signal is missed.
    let signals = Signals.stream(of: [SIGTERM, SIGINT, SIGHUP])
    var listen = values[options.listen]
    if listen.host.isEmpty { listen.host = "0.0.0.0" }
    let tls = try ServiceTLS.read(options, values, protocols: RPCProtocol.names)
    let consumer =
      values[options.consumerName] ?? "\(ProcessLimits.hostName.prefix(48))-\(listen.port)"
    let metrics = MetricsRegistry()
    metrics.addProcessMetrics()
    metrics.addBuildInfo(version: program.version, revision: "")
    let exporter = try await Self.exporter(options, values, program, consumer, logger, metrics)
    let tracing = RPCTracing(
      sampledPart: exporter == nil ? 0 : values[options.traceSample],
      onSpan: { exporter?.add($0) })
    let service = try await make(
      ServiceContext(
        values: values, logger: logger, metrics: metrics, consumer: consumer,
        redis: try RedisOptions.configuration(options, values, clientName: program.name),
        clientTLS: tls?.client, tracing: tracing, shutdownTimeout: values[options.shutdownTimeout]))
    let readiness = Readiness(service.checks)
    let health = Health(services: service.services.map { type(of: $0).serviceName }) {
      await readiness.reasons().isEmpty
    }
    let services = service.services + [health]
    let server = try await RPCServer(
      address: listen.host, port: listen.port, tls: tls?.server,
      services: services + [try Reflection(services)],
      options: try Self.rpcOptions(options, values, tracing), allow: Self.allow(service.allow),
      logger: logger, metrics: metrics)
    let admin = try await AdminServer(
      address: values[options.adminListen].host, port: values[options.adminListen].port,
      description: .init(service: program.name, version: program.version, revision: ""),
      metrics: metrics, readiness: readiness)
    let address = Endpoint(host: listen.host, port: await server.port)
    logger.info(
      "Serving.",
      [.address: "\(address)", .consumer: consumer, .version: program.version])
    let exporting = exporter.map { exporter in
      ServicePart.upkeep("exporter of traces") { await exporter.run() }
    }
    let parts =
      service.parts + (exporting.map { [$0] } ?? []) + [
        .upkeep("health service") { await health.run() },
        ServicePart("RPC server") {
          await server.run()
        } beginGracefulShutdown: {
          await server.beginGracefulShutdown()
        },
      ]
    try await withThrowingTaskGroup(of: Void.self) { group in
      // Answers probes to the end: a stopping service says so.
      group.addTask { await admin.run() }
      defer { group.cancelAll() }
      try await ServiceGroup(
        parts, shutdownTimeout: values[options.shutdownTimeout], logger: logger
      )
      .run(signals: signals) {
        await Self.reload(options, values, server, service.clients, logger)
      } onShutdown: {
        await readiness.beginGracefulShutdown()
        await health.beginGracefulShutdown()
      }
    }
    await service.close()
    logger.info("Stopped.")
  }

  /// What operators may set of the server's limits.
  private static func rpcOptions(
    _ options: ServiceOptions, _ values: OptionValues, _ tracing: RPCTracing
  ) throws -> RPCServerOptions {
    var rpc = RPCServerOptions()
    rpc.interceptors = [tracing]
    rpc.maxConnections = values[options.maxConnections]
    rpc.maxConcurrentCalls = values[options.maxCalls]
    rpc.maxConnectionAge = values[options.maxConnectionAge]
    rpc.tokens = try Self.tokens(options, values)
    return rpc
  }

  private static func exporter(
    _ options: ServiceOptions, _ values: OptionValues, _ program: Program, _ instance: String,
    _ logger: Logger, _ metrics: MetricsRegistry
  ) async throws -> SpanExporter? {
    guard let endpoint = values[options.otlpEndpoint] else { return nil }
    guard endpoint.hasPrefix("http://") || endpoint.hasPrefix("https://") else {
      throw values.mistake(
        options.otlpEndpoint, "\(endpoint) is no URL of a collector",
        remedy: "write http://HOST:4318 or https://HOST:4318")
    }
    return try await SpanExporter(
      endpoint: endpoint, service: program.name, instance: instance, logger: logger,
      metrics: metrics)
  }

  private static func tokens(
    _ options: ServiceOptions, _ values: OptionValues
  ) throws -> RPCTokenTable? {
    guard let file = values[options.tokens] else { return nil }
    do {
      return try RPCTokenTable(text: OptionProcess.readFile(file), name: file)
    } catch {
      throw values.mistake(
        options.tokens, "\(error)", remedy: "deploy/token makes such a file, a line for each caller"
      )
    }
  }

  /// Health and schema hold no content: whoever has a certificate may see them.
  private static func allow(_ table: RPCAllowTable) -> RPCAllowTable {
    table.adding([
      (service: HealthMethods.service, identities: [RPCAllowTable.wildcard]),
      (service: ServerReflectionMethods.service, identities: [RPCAllowTable.wildcard]),
    ])
  }

  /// Reads certificates, authorities and tokens again: all of them, or none if one cannot be used.
  ///
  /// Connections that are open keep their certificates; calls on them need a token that is still there.
  private static func reload(
    _ options: ServiceOptions, _ values: OptionValues, _ server: RPCServer, _ clients: [RPCClient],
    _ logger: Logger
  ) async {
    do {
      let tls = try ServiceTLS.read(options, values, protocols: RPCProtocol.names)
      let tokens = try Self.tokens(options, values)
      await Self.use(tls, tokens, by: server, clients)
      logger.info("Certificates and tokens were read again.")
    } catch {
      logger.error(
        "Certificates or tokens could not be read again; the old ones stay in use.",
        [.error: "\(error)"])
    }
  }

  @NetworkActor
  private static func use(
    _ tls: ServiceTLS?, _ tokens: RPCTokenTable?, by server: RPCServer, _ clients: [RPCClient]
  ) {
    server.tokens = tokens
    guard let tls else { return }
    server.tls = tls.server
    for client in clients { client.tls = tls.client }
  }
}
