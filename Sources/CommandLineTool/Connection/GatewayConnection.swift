package import RPC

/// A way to the gateway that somebody has to close.
package struct GatewayConnection: Sendable {
  /// For calls.
  package let channel: any RPCChannel
  /// Closes it; calls that are under way fail.
  package let close: @Sendable () async -> Void

  package init(channel: any RPCChannel, close: @escaping @Sendable () async -> Void = {}) {
    self.channel = channel
    self.close = close
  }
}
