internal import API
internal import Compression
internal import Protobuf
public import Transcripts

/// The transcripts of one video as the fetch stage hands them to the index stage: of each track a `verbatim.v1.Transcript`,
/// compressed to a Zstandard frame of its own. Mostly one.
///
/// New fields may be added to the message: a stage that does not know them leaves them alone.
public enum TranscriptPayload {
  /// The most that a payload may hold when it is decompressed. A day of speech is about 5 MB.
  public static let maxDecodedBytes = 64 << 20

  /// Off the caller's actor: about 1 ms for an hour of speech.
  @concurrent
  public static func encode(_ transcripts: [Transcript]) async -> [UInt8] {
    var payload: [UInt8] = []
    for transcript in transcripts {
      payload += Zstd.compress(APITranscript(transcript).encoded())
    }
    return payload
  }

  /// Off the caller's actor.
  ///
  /// - Throws: `CompressionError`, `ProtoError` or ``ConversionError`` for bytes that ``encode(_:)`` did not make.
  @concurrent
  public static func decode(_ payload: [UInt8]) async throws -> [Transcript] {
    var left = Self.maxDecodedBytes
    return try Zstd.frames(of: payload).map { frame in
      let bytes = try Zstd.decompress(frame, maxBytes: left)
      left -= bytes.count
      return try Transcript(try APITranscript(decoding: bytes))
    }
  }
}
