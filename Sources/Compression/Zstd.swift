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

  /// Decompresses one or more frames.
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
    let stated = bytes.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    guard stated != czstd_content_size_error() else {
      throw CompressionError(
        .malformed, "The \(bytes.count) bytes are not a Zstandard frame; they cannot be read.")
    }
    let known = stated != czstd_content_size_unknown()
    guard !known || stated <= UInt64(max(0, maxBytes)) else { throw Self.tooLarge(maxBytes) }
    guard let context = ZSTD_createDCtx() else {
      preconditionFailure("Zstd could not allocate a decompression context: out of memory.")
    }
    defer { ZSTD_freeDCtx(context) }
    // A frame may ask for a window of gigabytes; 8 MiB is what RFC 8878 says every decoder should take.
    Self.check(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.maxWindowLog))

    // One frame of a modest size, which is nearly everything, is decompressed where it stays.
    if known, stated <= Self.maxTrustedReserveBytes, Self.isOneFrame(bytes) {
      return try Self.decompressAtOnce(bytes, count: Int(stated), prefix, context)
    }
    guard prefix.isEmpty || known else {
      throw CompressionError(.malformed, "The Zstandard frame does not state its size.")
    }
    guard prefix.isEmpty else {
      return try Self.decompressAtOnce(bytes, count: Int(stated), prefix, context)
    }
    return try Self.decompressInParts(bytes, maxBytes: maxBytes, context)
  }

  private static func isOneFrame(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) } == bytes.count
  }

  private static func decompressAtOnce(
    _ bytes: [UInt8], count: Int, _ prefix: [UInt8], _ context: OpaquePointer
  ) throws(CompressionError) -> [UInt8] {
    var status = 0
    let result = [UInt8](unsafeUninitializedCapacity: count) { output, produced in
      status = bytes.withUnsafeBytes { input in
        prefix.withUnsafeBytes { prefix in
          Self.check(ZSTD_DCtx_refPrefix(context, prefix.baseAddress, prefix.count))
          return ZSTD_decompressDCtx(
            context, output.baseAddress, count, input.baseAddress, input.count)
        }
      }
      produced = ZSTD_isError(status) == 0 ? status : 0
    }
    guard ZSTD_isError(status) == 0 else { throw Self.damaged(status) }
    return result
  }

  private static func decompressInParts(
    _ bytes: [UInt8], maxBytes: Int, _ context: OpaquePointer
  ) throws(CompressionError) -> [UInt8] {
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: ZSTD_DStreamOutSize())
    var position = 0
    var unfinished = true
    while true {
      let (hint, produced) = bytes.withUnsafeBytes { source in
        chunk.withUnsafeMutableBytes { target in
          var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: position)
          var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
          let hint = ZSTD_decompressStream(context, &output, &input)
          position = input.pos
          return (hint, output.pos)
        }
      }
      guard ZSTD_isError(hint) == 0 else { throw Self.damaged(hint) }
      guard result.count + produced <= maxBytes else { throw Self.tooLarge(maxBytes) }
      result.append(contentsOf: chunk[..<produced])
      unfinished = hint != 0
      // All input is taken and the output was not filled: nothing more can come.
      if position == bytes.count && produced < chunk.count { break }
    }
    guard !unfinished else {
      throw CompressionError(
        .malformed, "The Zstandard data is cut short after \(bytes.count) bytes.")
    }
    return result
  }

  /// log2 of the largest window: 8 MiB (RFC 8878 §3.1.1.1.2).
  private static let maxWindowLog: Int32 = 23
  /// Allocated on a frame's word alone, without a prefix; more is only taken as it comes out.
  private static let maxTrustedReserveBytes = 4 << 20

  private static func damaged(_ status: Int) -> CompressionError {
    CompressionError(
      .malformed, "The Zstandard data is damaged: \(String(cString: ZSTD_getErrorName(status))).")
  }

  private static func tooLarge(_ maxBytes: Int) -> CompressionError {
    CompressionError(
      .tooLarge, "The content is larger than the \(maxBytes) bytes that are allowed here.")
  }

  /// The result of a call that can fail only by a mistake of ours or for lack of memory.
  @discardableResult
  static func check(_ result: Int) -> Int {
    precondition(ZSTD_isError(result) == 0, String(cString: ZSTD_getErrorName(result)))
    return result
  }
}
