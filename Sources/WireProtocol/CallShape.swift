/// Which sides of a call are streams: all that the protocol needs to know of a method.
package struct CallShape: Sendable, Hashable {
  /// Whether the client sends any number of messages.
  package let clientStreams: Bool
  /// Whether the server sends any number of messages.
  package let serverStreams: Bool

  /// Creates a shape.
  package init(clientStreams: Bool, serverStreams: Bool) {
    self.clientStreams = clientStreams
    self.serverStreams = serverStreams
  }

  /// One request, one response.
  package static let unary = Self(clientStreams: false, serverStreams: false)
  /// One request, many responses.
  package static let serverStreaming = Self(clientStreams: false, serverStreams: true)
  /// Many requests, one response.
  package static let clientStreaming = Self(clientStreams: true, serverStreams: false)
  /// Many of both.
  package static let bidirectional = Self(clientStreams: true, serverStreams: true)
}
