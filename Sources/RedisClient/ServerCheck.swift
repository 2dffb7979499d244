/// Whether a Redis is set up so that work is safe in it. What is found makes a service not ready; it does not stop it.
public struct ServerCheck: Hashable, Sendable {
  /// Such as `7.0.15`.
  public var version: String
  /// One sentence for each unsafe setting, with the remedy. Empty: all is well.
  public var problems: [String]

  /// Functions, XAUTOCLAIM's third element and the `INFO` fields below exist since 7.0.
  static let minVersion = (major: 7, minor: 0)

  /// Understands the reply of `INFO`.
  public init(info: String, server: String) {
    var fields: [Substring: Substring] = [:]
    for line in info.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon]] = line[line.index(after: colon)...]
    }
    self.version = String(fields["redis_version"] ?? "")
    self.problems = []
    let numbers = self.version.split(separator: ".").prefix(2).compactMap { Int($0) }
    if numbers.count < 2 || (numbers[0], numbers[1]) < Self.minVersion {
      self.problems.append(
        "Redis at \(server) is version \(self.version.isEmpty ? "unknown" : self.version); 7.0 or newer is needed: upgrade it."
      )
    }
    if let policy = fields["maxmemory_policy"], policy != "noeviction" {
      self.problems.append(
        "Redis at \(server) may evict work (maxmemory-policy is \(policy)): set maxmemory-policy noeviction."
      )
    }
    if let enabled = fields["aof_enabled"], enabled != "1" {
      self.problems.append(
        "Redis at \(server) forgets work when it restarts (appendonly is no): set appendonly yes.")
    }
    if fields["aof_last_write_status"] == "err" {
      self.problems.append(
        "Redis at \(server) cannot write its append-only file: free disk space on its machine.")
    }
  }
}

extension RedisClient {
  /// Asks the server for its version and set-up.
  public func check() async throws(RedisError) -> ServerCheck {
    let info = try await self.send(RedisCommand("INFO"))
    return ServerCheck(info: info.text ?? "", server: self.configuration.address)
  }
}
