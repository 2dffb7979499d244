internal import Networking

/// Runs `body` on the network thread: now when called there, otherwise soon.
///
/// For cancellation handlers, which are synchronous and come on whatever thread cancels. The task is no more than the hop.
func onNetworkThread(_ body: @escaping @Sendable @NetworkActor () -> Void) {
  if NetworkActor.shared.loop.isCurrent {
    NetworkActor.assumeIsolated(body)
  } else {
    Task { @NetworkActor in body() }
  }
}
