internal import CZstd

/// Decompresses many values: ``Zstd/decompress(_:maxBytes:prefix:)`` takes and clears new memory for each.
///
/// Not for use by two threads at once.
public struct ZstdDecompressor: ~Copyable {
  private let context: OpaquePointer

  public init() {
    guard let context = ZSTD_createDCtx() else {
      preconditionFailure("Zstd could not allocate a decompression context: out of memory.")
    }
    self.context = context
    // A frame may ask for a window of gigabytes; 8 MiB is what RFC 8878 says every decoder should take.
    Zstd.check(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.maxWindowLog))
  }

  deinit { ZSTD_freeDCtx(self.context) }

  /// Decompresses one or more frames; see ``Zstd/decompress(_:maxBytes:prefix:)``.
  ///
  /// - Throws: ``CompressionError``; then the decompressor can still be used.
  public borrowing func decompress(
    _ bytes: [UInt8], maxBytes: Int, prefix: [UInt8] = []
  ) throws(CompressionError) -> [UInt8] {
    let stated = bytes.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    guard stated != czstd_content_size_error() else {
      throw CompressionError(
        .malformed, "The \(bytes.count) bytes are not a Zstandard frame; they cannot be read.")
    }
    let known = stated != czstd_content_size_unknown()
    guard !known || stated <= UInt64(max(0, maxBytes)) else { throw Self.tooLarge(maxBytes) }
    // What was left of a damaged frame is forgotten.
    Zstd.check(ZSTD_DCtx_reset(self.context, ZSTD_reset_session_only))
    // One frame of a modest size, which is nearly everything, is decompressed where it stays.
    if known, stated <= Self.maxTrustedReserveBytes, Self.isOneFrame(bytes) {
      return try self.decompressAtOnce(bytes, count: Int(stated), prefix)
    }
    guard prefix.isEmpty || known else {
      throw CompressionError(.malformed, "The Zstandard frame does not state its size.")
    }
    guard prefix.isEmpty else {
      return try self.decompressAtOnce(bytes, count: Int(stated), prefix)
    }
    return try self.decompressInParts(bytes, maxBytes: maxBytes)
  }

  private static func isOneFrame(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) } == bytes.count
  }

  private borrowing func decompressAtOnce(
    _ bytes: [UInt8], count: Int, _ prefix: [UInt8]
  ) throws(CompressionError) -> [UInt8] {
    let context = self.context
    var status = 0
    let result = [UInt8](unsafeUninitializedCapacity: count) { output, produced in
      status = bytes.withUnsafeBytes { input in
        prefix.withUnsafeBytes { prefix in
          Zstd.check(ZSTD_DCtx_refPrefix(context, prefix.baseAddress, prefix.count))
          return ZSTD_decompressDCtx(
            context, output.baseAddress, count, input.baseAddress, input.count)
        }
      }
      produced = ZSTD_isError(status) == 0 ? status : 0
    }
    guard ZSTD_isError(status) == 0 else { throw Self.damaged(status) }
    return result
  }

  private borrowing func decompressInParts(
    _ bytes: [UInt8], maxBytes: Int
  ) throws(CompressionError) -> [UInt8] {
    let context = self.context
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
}
