import Foundation

/// The control pages of the simulator.
struct SimulatorControl {
  let port: UInt16

  /// How many videos it was asked for since it started.
  func fetches() throws -> Int {
    let page = try self.get("/counters")
    guard let match = page.firstMatch(of: /"player":\s*(\d+)/) else { return 0 }
    return Int(match.1) ?? 0
  }

  private func get(_ path: String) throws -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    guard CuttingProxy.withLoopback(self.port, { connect(descriptor, $0, $1) }) == 0 else {
      throw ClusterError("the simulator's control port \(self.port) does not answer")
    }
    let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
    _ = send(descriptor, request, request.count, Int32(MSG_NOSIGNAL))
    var reply: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      reply += buffer[..<count]
    }
    return String(decoding: reply, as: UTF8.self)
  }
}
