/// Which sides of a call are streams.
public enum MethodKind: Sendable, Hashable {
  /// One request, one response.
  case unary
  /// Many requests, one response.
  case clientStreaming
  /// One request, many responses.
  case serverStreaming
  /// Many of both, each side at its own pace.
  case bidirectional

  /// Whether the caller sends any number of messages.
  public var clientStreams: Bool { self == .clientStreaming || self == .bidirectional }
  /// Whether the service sends any number of messages.
  public var serverStreams: Bool { self == .serverStreaming || self == .bidirectional }
}
