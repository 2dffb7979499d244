internal import CHiredis

/// A reply of Redis (RESP2).
public enum RedisValue: Hashable, Sendable {
  case null
  case status(String)
  case integer(Int)
  case bytes([UInt8])
  case array([RedisValue])
  /// An error reply: thrown where one command is sent, a value where several are.
  case error(RedisError)

  /// Copies a reply out of hiredis' memory.
  init(_ reply: UnsafePointer<redisReply>, server: String) {
    let value = reply.pointee
    var bytes: UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(start: value.str, count: Int(value.len))
    }
    self =
      switch value.type {
      case REDIS_REPLY_STATUS: .status(String(decoding: bytes, as: UTF8.self))
      case REDIS_REPLY_ERROR:
        .error(.reply(String(decoding: bytes, as: UTF8.self), from: server))
      case REDIS_REPLY_INTEGER: .integer(Int(value.integer))
      case REDIS_REPLY_STRING: .bytes([UInt8](bytes))
      case REDIS_REPLY_ARRAY:
        .array(
          (0..<Int(value.elements)).map { index in
            guard let element = value.element[index] else { return .null }
            return RedisValue(element, server: server)
          })
      default: .null
      }
  }

  /// The bytes of a string; nil for everything else.
  public var bytes: [UInt8]? {
    if case .bytes(let bytes) = self { bytes } else { nil }
  }

  /// A string or status as text (invalid UTF-8 repaired), an integer in decimal; nil for everything else.
  public var text: String? {
    switch self {
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    case .status(let text): text
    case .integer(let number): String(number)
    case .null, .array, .error: nil
    }
  }

  /// An integer, or a string that is one.
  public var integer: Int? {
    switch self {
    case .integer(let number): number
    case .bytes(let bytes): Int(String(decoding: bytes, as: UTF8.self))
    case .status(let text): Int(text)
    case .null, .array, .error: nil
    }
  }

  /// The elements of an array; nil for everything else.
  public var array: [RedisValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }
}
