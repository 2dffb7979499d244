internal import Compression
internal import Search
internal import Transcripts

/// A transcript's segments as they are kept in the field `segments`: Zstandard of
///
///     count; for each segment: tokens, milliseconds since the start of the one before, duration, bytes of UTF-8
///     all texts
///
/// Numbers are varints. From it both the offset map and the texts come back: half the bytes of plain JSON.
enum SegmentsBlob {
  /// Bytes of all segments' texts together, and a few for each: as the embedded index allows.
  static let maxTranscriptBytes = 32 << 20
  static let maxSegments = 1_000_000
  private static let maxTokensPerSegment = 1 << 28

  /// What it holds, taken apart.
  struct Content: SegmentTexts {
    var offsets = OffsetMap()
    var durations: [Int64] = []
    private var texts: [UInt8]
    private var ends: [Int] = []

    var count: Int { self.durations.count }

    func text(ofSegment index: Int) -> String {
      let start = index == 0 ? 0 : self.ends[index - 1]
      return String(decoding: self.texts[start..<self.ends[index]], as: UTF8.self)
    }

    var segments: [Segment] {
      (0..<self.count).map {
        Segment(
          startMilliseconds: self.offsets.startMilliseconds[$0],
          durationMilliseconds: self.durations[$0], text: self.text(ofSegment: $0))
      }
    }

    /// Nil when the bytes are damaged.
    fileprivate init?(_ bytes: [UInt8]) {
      var reader = Varint.Reader(bytes)
      guard let count = reader.nextCount(max: SegmentsBlob.maxSegments) else { return nil }
      var start: Int64 = 0
      var end = 0
      for _ in 0..<count {
        guard let tokens = reader.nextCount(max: SegmentsBlob.maxTokensPerSegment),
          let delta = reader.nextSigned(), let duration = reader.nextSigned(),
          let length = reader.nextCount(max: SegmentsBlob.maxTranscriptBytes)
        else { return nil }
        start &+= delta
        end += length
        self.offsets.append(tokens: tokens, startMilliseconds: start)
        self.durations.append(duration)
        self.ends.append(end)
      }
      self.texts = Array(bytes[reader.position...])
      guard self.texts.count == end else { return nil }
    }
  }

  static func encode(_ segments: [Segment], _ offsets: OffsetMap) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(segments.reduce(8) { $0 + $1.text.utf8.count + 8 })
    Varint.append(UInt64(segments.count), to: &bytes)
    var last: Int64 = 0
    for (index, segment) in segments.enumerated() {
      Varint.append(UInt64(offsets.tokens(ofSegment: index).count), to: &bytes)
      Varint.append(signed: segment.startMilliseconds &- last, to: &bytes)
      Varint.append(signed: segment.durationMilliseconds, to: &bytes)
      Varint.append(UInt64(segment.text.utf8.count), to: &bytes)
      last = segment.startMilliseconds
    }
    for segment in segments { bytes.append(contentsOf: segment.text.utf8) }
    return bytes
  }

  /// Nil when the bytes are damaged.
  static func decode(
    compressed: [UInt8], _ decompressor: borrowing ZstdDecompressor
  ) -> Content? {
    let maxBytes = Self.maxTranscriptBytes + 32 * Self.maxSegments
    // Damage is all there is to know.
    guard let bytes = try? decompressor.decompress(compressed, maxBytes: maxBytes) else {
      return nil
    }
    return Content(bytes)
  }
}
