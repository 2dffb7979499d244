internal import API
internal import Compression
internal import Protobuf
public import Transcripts

/// A transcript as the fetch stage hands it to the index stage: `verbatim.v1.Transcript`, compressed with Zstandard.
///
/// New fields may be added to the message: a stage that does not know them leaves them alone.
public enum TranscriptPayload {
  /// The most that a payload may hold when it is decompressed. A day of speech is about 5 MB.
  public static let maxDecodedBytes = 64 << 20

  /// Off the caller's actor: about 1 ms for an hour of speech.
  @concurrent
  public static func encode(_ transcript: Transcript) async -> [UInt8] {
    Zstd.compress(APITranscript(transcript).encoded())
  }

  /// Off the caller's actor.
  ///
  /// - Throws: `CompressionError`, `ProtoError` or ``ConversionError`` for bytes that ``encode(_:)`` did not make.
  @concurrent
  public static func decode(_ payload: [UInt8]) async throws -> Transcript {
    let bytes = try Zstd.decompress(payload, maxBytes: Self.maxDecodedBytes)
    return try Transcript(try APITranscript(decoding: bytes))
  }
}
