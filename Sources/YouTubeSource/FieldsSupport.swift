internal import Networking

/// Which clients do not understand that only parts of an answer are wanted. Learned while running.
@NetworkActor
final class FieldsSupport {
  private var refusing: Set<String> = []

  nonisolated init() {}

  func isTrimmed(_ client: InnerTubeClient) -> Bool { !self.refusing.contains(Self.key(client)) }

  func refuse(_ client: InnerTubeClient) { self.refusing.insert(Self.key(client)) }

  private static func key(_ client: InnerTubeClient) -> String {
    "\(client.name) \(client.version)"
  }
}
