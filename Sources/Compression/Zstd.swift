internal import CZstd

/// Zstandard compression of whole values (RFC 8878).
///
/// Blocking and CPU-bound: about 300 MB/s in and 1 GB/s out on one core at the default level. Safe from any thread.
public enum Zstd {
  /// Lowest level that is accepted: the fastest, and still a real compression.
  public static let minLevel = 1
  /// Highest level that is accepted. Above it, zstd needs far more memory and time than a message is worth.
  public static let maxLevel = 19

  /// Compresses `bytes` into one frame that states its content's size and carries a checksum. For many values in a row
  /// see ``ZstdCompressor``.
  ///
  /// - Parameters:
  ///   - level: ``minLevel`` to ``maxLevel``; values outside are brought into the range.
  ///   - prefix: Bytes that the reader has too; what repeats them costs almost nothing.
  public static func compress(
    _ bytes: [UInt8], level: Int = 3, prefix: [UInt8] = []
  ) -> [UInt8] {
    ZstdCompressor(level: level).compress(bytes, prefix: prefix)
  }

  /// Decompresses one or more frames. For many values in a row see ``ZstdDecompressor``.
  ///
  /// The bytes may come from anywhere: what a frame claims about its size is not believed beyond `maxBytes`, and
  /// memory grows with what really comes out, so a bomb costs at most `maxBytes`.
  ///
  /// - Parameters:
  ///   - maxBytes: The most that may come out.
  ///   - prefix: What was given to ``compress(_:level:prefix:)``. Then only one frame is read.
  /// - Throws: ``CompressionError``.
  public static func decompress(
    _ bytes: [UInt8], maxBytes: Int, prefix: [UInt8] = []
  ) throws(CompressionError) -> [UInt8] {
    try ZstdDecompressor().decompress(bytes, maxBytes: maxBytes, prefix: prefix)
  }

  /// The frames that `bytes` consist of, each as it is; they are not decompressed.
  ///
  /// - Throws: ``CompressionError`` when a frame is cut short or is none.
  public static func frames(of bytes: [UInt8]) throws(CompressionError) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes {
        ZSTD_findFrameCompressedSize($0.baseAddress, $0.count)
      }
      guard ZSTD_isError(count) == 0, count > 0, count <= bytes.count - start else {
        throw CompressionError(
          .malformed, "At byte \(start) of \(bytes.count) there is no whole Zstandard frame.")
      }
      frames.append(Array(bytes[start..<(start + count)]))
      start += count
    }
    return frames
  }

  /// The result of a call that can fail only by a mistake of ours or for lack of memory.
  @discardableResult
  static func check(_ result: Int) -> Int {
    precondition(ZSTD_isError(result) == 0, String(cString: ZSTD_getErrorName(result)))
    return result
  }
}
