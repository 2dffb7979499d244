internal import CZlib

/// The gzip format (RFC 1952), as `Content-Encoding: gzip` has it. Only writing: libcurl reads it.
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
}
