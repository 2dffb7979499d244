internal import Networking

/// Why Redis did not do what it was asked.
///
/// `description` names the server and the remedy, and never holds a password or an argument of a command.
public struct RedisError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    /// The URL or credentials cannot be used as they are: correct the configuration.
    case invalidConfiguration
    /// No connection can be made: repeat the call later.
    case unreachable
    /// The connection broke while the command was on its way. It may have been carried out: repeat only what is repeatable.
    case connectionLost
    /// No reply in time; the connection was given up. The command may have been carried out.
    case timeout
    /// The client was closed: our bug, or the process is stopping.
    case closed
    /// The reply was larger than ``RedisConfiguration/maxReplyBytes``; the connection was given up.
    case replyTooLarge
    /// The peer does not speak RESP: wrong port, or TLS expected.
    case protocolViolation
    /// User or password is wrong or missing.
    case authentication
    /// The ACL user may not do this.
    case permission
    /// At `maxmemory`: commands that add are refused, those that drain go on.
    case outOfMemory
    /// The server is starting and still reads its data: repeat the call later.
    case loading
    /// This is a replica, or a primary without enough replicas: after a failover, connect again.
    case readOnly
    /// The server cannot write to its disk and takes no writes: free space there.
    case notPersisting
    /// The keys belong to another node of a cluster. With ``RedisConfiguration/cluster`` the next command goes there.
    case moved
    /// A script runs for too long, the cluster is down, or there are too many clients.
    case busy
    /// The function is not loaded.
    case functionMissing
    /// The consumer group or its stream does not exist.
    case groupMissing
    /// The server does not know this command: too old.
    case unknownCommand
    /// Any other error reply.
    case other
  }

  public var code: Code
  /// For people: what happened, and the remedy where there is one.
  public var message: String
  /// The first word of an error reply, such as `OOM`; empty when Redis did not answer.
  public var replyCode = ""
  /// The node of a cluster that has the keys, with ``Code/moved``; an empty host: the same as before.
  var movedTo: Endpoint?

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { self.message }

  /// Whether the same call may succeed soon without anybody changing anything.
  public var isTransient: Bool {
    switch self.code {
    case .unreachable, .connectionLost, .timeout, .loading, .readOnly, .busy, .outOfMemory,
      .notPersisting:
      true
    case .invalidConfiguration, .closed, .replyTooLarge, .protocolViolation, .authentication,
      .permission, .moved, .functionMissing, .groupMissing, .unknownCommand, .other:
      false
    }
  }
}

extension RedisError {
  /// The longest error text that is kept, in bytes: a server's error may quote what it was sent.
  static let maxReplyTextBytes = 300

  /// Understands an error reply by its first word, as Redis documents them.
  static func reply(_ text: String, from server: String) -> RedisError {
    let text = String(decoding: text.utf8.prefix(Self.maxReplyTextBytes), as: UTF8.self)
    let word = text.prefix { $0 != " " }
    var error = Self.understood(text, word, server)
    error.replyCode = String(word)
    if error.code == .moved { error.movedTo = Self.target(of: text) }
    return error
  }

  /// `MOVED 3999 127.0.0.1:6381` (redis.io, cluster specification).
  private static func target(of text: String) -> Endpoint? {
    let words = text.split(separator: " ")
    guard words.count == 3, let colon = words[2].lastIndex(of: ":"),
      let port = UInt16(words[2][words[2].index(after: colon)...]), port > 0
    else { return nil }
    return Endpoint(host: String(words[2][..<colon]), port: port)
  }

  private static func understood(
    _ text: String, _ word: Substring, _ server: String
  ) -> RedisError {
    switch word {
    case "NOAUTH":
      RedisError(
        .authentication, "Redis at \(server) wants a password: set the user and password file.")
    case "WRONGPASS":
      RedisError(
        .authentication,
        "Redis at \(server) refused the user or password: compare the password file with its ACL.")
    case "NOPERM":
      RedisError(
        .permission,
        "The ACL of Redis at \(server) does not let this user do that: \(text). Extend the user's rights."
      )
    case "OOM":
      RedisError(
        .outOfMemory,
        "Redis at \(server) is at its maxmemory: it takes nothing new until work has drained.")
    case "LOADING":
      RedisError(.loading, "Redis at \(server) is still loading its data: try again.")
    case "READONLY", "NOREPLICAS", "MASTERDOWN":
      RedisError(
        .readOnly, "Redis at \(server) does not take writes now (\(word)): it is not the primary.")
    case "MISCONF":
      RedisError(
        .notPersisting,
        "Redis at \(server) cannot write to its disk and takes no writes: free space there, then see its log."
      )
    case "DENIED":
      RedisError(
        .authentication,
        "Redis at \(server) is in protected mode and talks to its own machine only: give it a password, or a network of its own and protected-mode no."
      )
    case "MOVED", "ASK":
      RedisError(
        .moved,
        "Redis at \(server) is a cluster node without our keys (\(text)): give redis+cluster://HOST:PORT as the URL."
      )
    case "BUSY", "CLUSTERDOWN", "TRYAGAIN":
      RedisError(.busy, "Redis at \(server) cannot answer now: \(text).")
    case "NOGROUP": RedisError(.groupMissing, "Redis at \(server): \(text).")
    default:
      if text.hasPrefix("ERR Function not found") {
        RedisError(.functionMissing, "Redis at \(server) has not loaded the function library.")
      } else if text.hasPrefix("ERR unknown command") {
        RedisError(
          .unknownCommand,
          "Redis at \(server) does not know a command (\(text.prefix(60))): version 7.0 or newer is needed."
        )
      } else if text.hasPrefix("ERR max number of clients") {
        RedisError(
          .busy, "Redis at \(server) has as many clients as it may: raise its maxclients.")
      } else if text.hasPrefix("ERR AUTH") || text.hasPrefix("ERR invalid password") {
        RedisError(
          .authentication,
          "Redis at \(server) refused to authenticate: check the user and password."
        )
      } else {
        RedisError(.other, "Redis at \(server) answered: \(text)")
      }
    }
  }
}
