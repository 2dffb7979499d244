internal import Networking

/// Stands in for a Redis that misbehaves: answers each command with the next of its replies, as bytes.
@NetworkActor
final class ScriptedServer {
  enum Reply {
    case bytes(String)
    /// Says nothing, and keeps the connection open.
    case silence
    /// Sends this and closes the connection.
    case close(String)
  }

  private var listener: Listener?
  /// For each connection in turn; the last is for all that follow.
  private var scripts: [[Reply]]
  private(set) var connections = 0
  private var streams: [Stream] = []

  init(_ scripts: [[Reply]]) throws {
    self.scripts = scripts
    self.listener = try Listener(port: 0, tls: nil) { [unowned self] in self.serve($0) }
  }

  var port: UInt16 { self.listener?.port ?? 0 }

  func close() {
    self.listener?.close()
    for stream in self.streams { stream.close() }
  }

  private func serve(_ stream: Stream) {
    self.connections += 1
    self.streams.append(stream)
    var script = self.scripts.count > 1 ? self.scripts.removeFirst() : self.scripts[0]
    stream.onReceive = { [unowned stream] buffer in
      // A command begins with its number of arguments.
      let commands = buffer.bytes.count { $0 == UInt8(ascii: "*") }
      buffer.consume(buffer.count)
      for _ in 0..<commands {
        switch script.isEmpty ? .silence : script.removeFirst() {
        case .bytes(let text): stream.outbound.append(Array(text.utf8))
        case .silence: break
        case .close(let text):
          stream.outbound.append(Array(text.utf8))
          stream.flush()
          stream.close()
          return
        }
      }
      stream.flush()
    }
  }
}
