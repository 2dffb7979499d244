public import AdminServer
public import RPC
public import RPCTransport

/// What an executable gives the runtime: its services, its workers, what being ready means.
public struct Service: Sendable {
  /// Served by RPC.
  public var services: [any RPCService]
  /// Who may call what.
  public var allow: RPCAllowTable
  /// Workers and upkeep, in the order in which they are told to stop.
  public var parts: [ServicePart]
  /// What must hold for the service to be ready.
  public var checks: [ReadinessCheck]
  /// Its clients of other services: they get the certificates that are read again at SIGHUP.
  public var clients: [RPCClient]
  /// Called last, when everything has ended: closes connections and files.
  public var close: @Sendable () async -> Void

  public init(
    services: [any RPCService], allow: RPCAllowTable, parts: [ServicePart] = [],
    checks: [ReadinessCheck] = [], clients: [RPCClient] = [],
    close: @escaping @Sendable () async -> Void = {}
  ) {
    self.services = services
    self.allow = allow
    self.parts = parts
    self.checks = checks
    self.clients = clients
    self.close = close
  }
}
