internal import Base64
internal import HTTPServer
internal import Networking

/// The way in through a proxy: CONNECT is answered, and the tunnel ends at the simulator's own TLS port, whatever
/// YouTube host was asked for.
///
/// The proxy's user name is the simulated address of the client. A name that ends in `-rotate` stands for a pool, as
/// rotating proxies sell it: every tunnel is a new address.
@NetworkActor
final class Tunnels {
  static let maxTunnels = 4096
  /// What a tunnel holds for a side that reads slowly before it stops reading the other.
  private static let maxUnsentBytes = 256 * 1024

  /// The simulator's TLS port.
  var port: UInt16 = 0
  /// Identities by the local port of the tunnel's inner connection.
  private var identities: [UInt16: String] = [:]
  private var made = 0

  /// Who sends `request`, which came in through the TLS port.
  func identity(of request: HTTPRequest) -> String { self.identities[request.peerPort] ?? "direct" }

  func answer(_ request: HTTPRequest) async -> HTTPResponse {
    guard request.method == "CONNECT" else {
      return .text("this is a proxy for CONNECT to YouTube's hosts only\n", status: 405)
    }
    let host = request.path.split(separator: ":")
    guard host.count == 2, host[1] == "443",
      SimulatorConfiguration.hosts.contains(String(host[0]))
    else { return .text("tunnels lead to YouTube's hosts, port 443, only\n", status: 403) }
    let user = Self.user(request.headers["Proxy-Authorization"])
    do {
      let inner = try await self.open(for: user)
      return HTTPResponse(status: 200, body: .takeOver { self.join($0, inner) })
    } catch let refusal as Refusal {
      return .text("\(refusal.message)\n", status: refusal.status)
    } catch {
      return .text("the simulator's own port cannot be reached: \(error)\n", status: 502)
    }
  }

  /// No tunnel is made.
  struct Refusal: Error {
    var status: Int
    var message: String
  }

  /// Opens the inner half of a tunnel.
  ///
  /// - Parameter user: The client's simulated address; nil where it has not said one.
  /// - Throws: ``Refusal``; what connecting throws.
  func open(for user: String?) async throws -> Stream {
    guard self.identities.count < Self.maxTunnels else {
      throw Refusal(status: 503, message: "more than \(Self.maxTunnels) tunnels")
    }
    let inner = try await Stream.connect(host: "127.0.0.1", port: self.port)
    self.made += 1
    let user = user ?? "anonymous"
    self.identities[inner.localPort] = user.hasSuffix("-rotate") ? "\(user)#\(self.made)" : user
    return inner
  }

  /// Makes one connection of two, until either is closed.
  func join(_ outer: Stream, _ inner: Stream) {
    let innerPort = inner.localPort
    Self.relay(from: outer, to: inner)
    Self.relay(from: inner, to: outer)
    outer.onClose = { _ in inner.close() }
    inner.onClose = { _ in
      self.identities[innerPort] = nil
      outer.close()
    }
  }

  private static func relay(from source: Stream, to target: Stream) {
    target.highWaterMark = Self.maxUnsentBytes
    target.onDrained = { source.pauseReading(false) }
    source.onReceive = { buffer in
      target.outbound.append(buffer.bytes)
      buffer.consume(buffer.count)
      target.flush()
      if target.unsentBytes > Self.maxUnsentBytes { source.pauseReading(true) }
    }
  }

  /// The user name of `Basic` credentials.
  private static func user(_ authorization: String?) -> String? {
    guard let authorization, authorization.lowercased().hasPrefix("basic "),
      let bytes = Base64.decode(String(authorization.dropFirst(6)))
    else { return nil }
    let user = bytes.prefix { $0 != UInt8(ascii: ":") }
    return user.isEmpty || user.count > 128 ? nil : String(decoding: user, as: UTF8.self)
  }
}
