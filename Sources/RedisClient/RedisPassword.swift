internal import Glibc

/// A password kept in a file.
public enum RedisPassword {
  public static let maxFileBytes = 4096

  /// Reads the first line of `path`.
  ///
  /// - Throws: ``RedisError`` (`invalidConfiguration`), naming the file.
  public static func read(fromFile path: String) throws(RedisError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw RedisError(
        .invalidConfiguration,
        "The Redis password file \(path) cannot be read: \(String(cString: strerror(errno))).")
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: Self.maxFileBytes)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    let line = bytes[..<max(0, count)].prefix {
      $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r")
    }
    guard !line.isEmpty else {
      throw RedisError(
        .invalidConfiguration, "The Redis password file \(path) has no password on its first line.")
    }
    return String(decoding: line, as: UTF8.self)
  }
}
