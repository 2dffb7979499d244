internal import CZlib

/// The gzip format (RFC 1952), as `Content-Encoding: gzip` has it.
public enum Gzip {
  /// Compresses `bytes` at once.
  ///
  /// - Parameter level: 1 (fast) to 9 (small); values outside are brought into the range.
  public static func compress(_ bytes: [UInt8], level: Int = 1) -> [UInt8] {
    var stream = z_stream()
    // These fail for want of memory only, and for arguments that are constant here.
    precondition(czlib_gzip_init(&stream, Int32(min(max(level, 1), 9))) == Z_OK, "zlib: no memory")
    defer { deflateEnd(&stream) }
    let capacity = Int(deflateBound(&stream, UInt(bytes.count)))
    var input = bytes
    return [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
      input.withUnsafeMutableBufferPointer { input in
        // zlib counts in 32 bits; a body is at most `HTTPClient.Options.maxRequestBodyBytes`.
        precondition(input.count <= Int(UInt32.max), "too much for one call of zlib")
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(min(capacity, Int(UInt32.max)))
        precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib: the bound was too small")
        count = capacity - Int(stream.avail_out)
      }
    }
  }

  /// Decompresses one or more members in a row.
  ///
  /// The bytes may come from anywhere: memory grows with what really comes out, so a bomb costs at most `maxBytes`.
  ///
  /// - Throws: ``CompressionError``: `malformed`, also when the end is missing; `tooLarge`.
  public static func decompress(
    _ bytes: [UInt8], maxBytes: Int
  ) throws(CompressionError) -> [UInt8] {
    // zlib counts in 32 bits.
    guard bytes.count <= Int(UInt32.max) else {
      throw CompressionError(.tooLarge, "\(bytes.count) bytes of gzip are more than 4 GiB.")
    }
    var stream = z_stream()
    precondition(czlib_gunzip_init(&stream) == Z_OK, "zlib: no memory")
    defer { inflateEnd(&stream) }
    var output: [UInt8] = []
    // Text becomes about a quarter; more is taken as it comes.
    output.reserveCapacity(min(maxBytes, bytes.count * 4))
    var input = bytes
    let failure = input.withUnsafeMutableBufferPointer { input in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.chunkBytes) {
        Self.inflateAll(&stream, $0, into: &output, maxBytes: maxBytes)
      }
    }
    if let failure { throw failure }
    return output
  }

  private static let chunkBytes = 16 << 10

  /// Nil when everything was decompressed.
  private static func inflateAll(
    _ stream: inout z_stream, _ chunk: UnsafeMutableBufferPointer<UInt8>,
    into output: inout [UInt8], maxBytes: Int
  ) -> CompressionError? {
    while true {
      stream.next_out = chunk.baseAddress
      stream.avail_out = UInt32(chunk.count)
      let status = inflate(&stream, Z_NO_FLUSH)
      let count = chunk.count - Int(stream.avail_out)
      guard count <= maxBytes - output.count else {
        return CompressionError(.tooLarge, "Decompressed it is larger than \(maxBytes) bytes.")
      }
      output.append(contentsOf: chunk[..<count])
      switch status {
      case Z_OK: continue
      case Z_STREAM_END:
        if stream.avail_in == 0 { return nil }
        // Another member follows. Cannot fail for a stream that was just used.
        inflateReset(&stream)
      case Z_BUF_ERROR: return CompressionError(.malformed, "The gzip data is cut short.")
      default: return CompressionError(.malformed, "This is no gzip data, or it is damaged.")
      }
    }
  }
}
