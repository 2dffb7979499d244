/// One event in the log, before it is written in a format.
public struct LogLine: Sendable {
  /// Since 1970.
  public var milliseconds: Int64
  public var level: LogLevel
  /// The name of the process' role, such as `gateway`.
  public var service: String
  /// A constant sentence.
  public var message: String
  public var values: [(key: LogKey, value: String)]

  /// One JSON object and a line feed. Control characters are escaped, so one event is always one line.
  public func json() -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(160 + self.values.count * 40)
    out.append(contentsOf: "{\"time\":\"".utf8)
    out.append(contentsOf: Timestamp.text(milliseconds: self.milliseconds).utf8)
    out.append(contentsOf: "\",\"level\":\"".utf8)
    out.append(contentsOf: self.level.name.utf8)
    out.append(contentsOf: "\",\"service\":".utf8)
    Self.appendJSON(self.service, to: &out)
    out.append(contentsOf: ",\"msg\":".utf8)
    Self.appendJSON(self.message, to: &out)
    for (key, value) in self.values {
      out.append(contentsOf: ",\"".utf8)
      out.append(contentsOf: key.rawValue.utf8)
      out.append(contentsOf: "\":".utf8)
      Self.appendJSON(value, to: &out)
    }
    out.append(contentsOf: "}\n".utf8)
    return out
  }

  /// A line for people at a terminal: `12:34:56.789 warning Redis is slow address=127.0.0.1:6379`.
  public func text() -> [UInt8] {
    var out: [UInt8] = []
    let time = Timestamp.text(milliseconds: self.milliseconds)
    out.append(contentsOf: time.dropFirst(11).dropLast().utf8)
    out.append(UInt8(ascii: " "))
    out.append(contentsOf: self.level.name.utf8)
    for _ in self.level.name.utf8.count..<8 { out.append(UInt8(ascii: " ")) }
    Self.appendPlain(self.message, to: &out)
    for (key, value) in self.values {
      out.append(UInt8(ascii: " "))
      out.append(contentsOf: key.rawValue.utf8)
      out.append(UInt8(ascii: "="))
      if value.utf8.contains(where: { $0 <= 0x20 || $0 == 0x22 || $0 == 0x7f }) || value.isEmpty {
        Self.appendJSON(value, to: &out)
      } else {
        Self.appendPlain(value, to: &out)
      }
    }
    out.append(UInt8(ascii: "\n"))
    return out
  }

  private static func appendPlain(_ text: String, to out: inout [UInt8]) {
    for byte in Self.cut(text).utf8 {
      out.append(byte < 0x20 || byte == 0x7f ? UInt8(ascii: "?") : byte)
    }
  }

  private static func appendJSON(_ text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for scalar in Self.cut(text).unicodeScalars {
      switch scalar.value {
      case 0x22: out.append(contentsOf: "\\\"".utf8)
      case 0x5c: out.append(contentsOf: "\\\\".utf8)
      case 0x0a: out.append(contentsOf: "\\n".utf8)
      case 0x0d: out.append(contentsOf: "\\r".utf8)
      case 0x09: out.append(contentsOf: "\\t".utf8)
      case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029, 0x202a...0x202e, 0x2066...0x2069:
        // C1 controls drive some terminals, line separators split lines in some viewers, and
        // bidirectional controls make a line read otherwise than it is.
        out.append(contentsOf: "\\u".utf8)
        let hex = String(scalar.value, radix: 16)
        for _ in hex.utf8.count..<4 { out.append(UInt8(ascii: "0")) }
        out.append(contentsOf: hex.utf8)
      default: out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
    out.append(UInt8(ascii: "\""))
  }

  /// At most ``Logger/maxValueBytes`` of `text`, cut between characters.
  private static func cut(_ text: String) -> String {
    guard text.utf8.count > Logger.maxValueBytes else { return text }
    var kept = ""
    var bytes = 0
    for scalar in text.unicodeScalars {
      bytes += UTF8.width(scalar)
      if bytes > Logger.maxValueBytes { break }
      kept.unicodeScalars.append(scalar)
    }
    return kept + "…"
  }
}
