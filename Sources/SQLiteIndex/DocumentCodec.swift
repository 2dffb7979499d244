internal import Compression
internal import Search
internal import Transcripts

/// How a transcript is stored: exactly, and in little space.
///
///     header    strings (length, UTF-8) and integers (zigzag varints), see `encodeHeader`
///     segments  Zstandard of: count, then for each segment duration and UTF-8 length, then all texts with one space
///               between them
///     starts    in the offset map
enum DocumentCodec {
  /// The first byte of a header.
  private static let version: UInt8 = 1
  /// Bytes of all segments' texts together, and a few for each: a 100-hour talk has a tenth of it.
  static let maxTranscriptBytes = 32 << 20
  static let maxSegments = 1_000_000
  /// Bytes of one string of the header.
  static let maxStringBytes = 64 << 10

  /// Why a transcript can never be stored; nil when it can.
  static func reasonToReject(_ transcript: Transcript) -> String? {
    guard !transcript.segments.isEmpty else { return "The transcript has no text." }
    guard transcript.segments.count <= Self.maxSegments else {
      return "The transcript has \(transcript.segments.count) segments; \(Self.maxSegments) are "
        + "allowed."
    }
    let bytes = transcript.segments.reduce(0) { $0 + $1.text.utf8.count + 16 }
    guard bytes <= Self.maxTranscriptBytes else {
      return "The transcript has \(bytes) bytes; \(Self.maxTranscriptBytes) are allowed."
    }
    let strings = [
      transcript.video.title, transcript.video.channelID, transcript.video.channelTitle,
      transcript.track.languageCode, transcript.track.name, transcript.track.translatedFrom ?? "",
      transcript.selectionReason,
    ]
    guard strings.allSatisfy({ $0.utf8.count <= Self.maxStringBytes }) else {
      return "A field of the transcript is longer than \(Self.maxStringBytes) bytes."
    }
    return nil
  }

  static func encodeHeader(_ transcript: Transcript) -> [UInt8] {
    var bytes: [UInt8] = [Self.version]
    let video = transcript.video
    let track = transcript.track
    for text in [
      video.id.text, video.title, video.channelID, video.channelTitle, track.languageCode,
      track.name, transcript.selectionReason,
    ] {
      Self.append(text, to: &bytes)
    }
    Varint.append(signed: video.durationMilliseconds, to: &bytes)
    Self.append(optional: video.publishedMilliseconds, to: &bytes)
    bytes.append(track.kind == .manual ? 0 : 1)
    bytes.append(track.translatedFrom == nil ? 0 : 1)
    Self.append(track.translatedFrom ?? "", to: &bytes)
    Varint.append(signed: transcript.fetchedMilliseconds, to: &bytes)
    return bytes
  }

  /// What is compressed and stored as segments.
  static func encodeSegments(_ segments: [Segment]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(segments.reduce(8) { $0 + $1.text.utf8.count + 5 })
    Varint.append(UInt64(segments.count), to: &bytes)
    for segment in segments {
      Varint.append(signed: segment.durationMilliseconds, to: &bytes)
      Varint.append(UInt64(segment.text.utf8.count), to: &bytes)
    }
    for (index, segment) in segments.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: " ")) }
      // As one piece of memory: the view of a string is copied a byte at a time.
      var text = segment.text
      text.withUTF8 { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// A transcript without its segments.
  static func decodeHeader(_ bytes: [UInt8]) throws(DocumentCodecError) -> Transcript {
    var reader = Varint.Reader(bytes)
    guard reader.nextBytes(1)?.first == Self.version else { throw DocumentCodecError() }
    let videoID = try VideoID(Self.string(&reader))
    var texts: [String] = []
    for _ in 0..<6 { texts.append(try Self.string(&reader)) }
    guard let videoID, let duration = reader.nextSigned() else { throw DocumentCodecError() }
    let published = try Self.optional(&reader)
    guard let kind = reader.nextBytes(1)?.first, let isTranslated = reader.nextBytes(1)?.first
    else { throw DocumentCodecError() }
    let translatedFrom = try Self.string(&reader)
    guard let fetched = reader.nextSigned(), reader.isAtEnd else { throw DocumentCodecError() }
    return Transcript(
      video: Video(
        id: videoID, title: texts[0], channelID: texts[1], channelTitle: texts[2],
        durationMilliseconds: duration, publishedMilliseconds: published),
      track: CaptionTrack(
        languageCode: texts[3], name: texts[4], kind: kind == 0 ? .manual : .automatic,
        translatedFrom: isTranslated == 1 ? translatedFrom : nil),
      segments: [], fetchedMilliseconds: fetched, selectionReason: texts[5])
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    Varint.append(UInt64(text.utf8.count), to: &bytes)
    bytes.append(contentsOf: text.utf8)
  }

  private static func append(optional value: Int64?, to bytes: inout [UInt8]) {
    bytes.append(value == nil ? 0 : 1)
    Varint.append(signed: value ?? 0, to: &bytes)
  }

  private static func optional(_ reader: inout Varint.Reader) throws(DocumentCodecError) -> Int64? {
    guard let isThere = reader.nextBytes(1)?.first, let value = reader.nextSigned() else {
      throw DocumentCodecError()
    }
    return isThere == 1 ? value : nil
  }

  private static func string(_ reader: inout Varint.Reader) throws(DocumentCodecError) -> String {
    guard let count = reader.nextCount(max: Self.maxStringBytes),
      let bytes = reader.nextBytes(count)
    else { throw DocumentCodecError() }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A stored document cannot be read: the file is damaged.
struct DocumentCodecError: Error {}

/// Stored segments, taken apart only where they are asked for.
struct StoredSegments: SegmentTexts {
  private let bytes: [UInt8]
  /// Where each text begins, and one past the separator of the last.
  private var starts: [Int]
  private(set) var durations: [Int64]

  /// - Parameter compressed: As stored.
  init(
    compressed: [UInt8], _ decompressor: borrowing ZstdDecompressor
  ) throws(DocumentCodecError) {
    self.bytes = try Self.decompress(compressed, decompressor)
    var reader = Varint.Reader(self.bytes)
    guard let count = reader.nextCount(max: DocumentCodec.maxSegments) else {
      throw DocumentCodecError()
    }
    self.durations = []
    self.starts = [0]
    self.durations.reserveCapacity(count)
    self.starts.reserveCapacity(count + 1)
    var position = 0
    for _ in 0..<count {
      guard let duration = reader.nextSigned(),
        let length = reader.nextCount(max: DocumentCodec.maxTranscriptBytes)
      else { throw DocumentCodecError() }
      self.durations.append(duration)
      position += length + 1
      self.starts.append(position)
    }
    let base = reader.position
    guard count > 0, base + position - 1 == self.bytes.count else { throw DocumentCodecError() }
    for index in self.starts.indices { self.starts[index] += base }
  }

  var count: Int { self.durations.count }

  func text(ofSegment index: Int) -> String {
    String(decoding: self.bytes[self.starts[index]..<self.starts[index + 1] - 1], as: UTF8.self)
  }

  static func decompress(
    _ compressed: [UInt8], _ decompressor: borrowing ZstdDecompressor
  ) throws(DocumentCodecError) -> [UInt8] {
    do throws(CompressionError) {
      return try decompressor.decompress(compressed, maxBytes: StoredText.maxBytes)
    } catch {
      throw DocumentCodecError()
    }
  }
}

/// How the normalized text, exactly as it was indexed, is stored: compressed with the segments as its prefix, of which it
/// is nearly a copy. FTS5 must be given the very same text when the document is deleted.
///
/// Of segments in ASCII nothing is stored: their normalization follows from ``Normalizer/version`` alone, and is done again.
/// That of other texts depends on the Unicode tables of the system too, which change.
enum StoredText {
  /// Normalized text is at most so much: each byte of a CJK character's three can become a token of its own.
  static let maxBytes = DocumentCodec.maxTranscriptBytes * 4

  /// Whether the text of such segments is normalized anew instead of being stored.
  static func isImplied(by segments: [Segment]) -> Bool {
    segments.allSatisfy { segment in
      var text = segment.text
      return text.withUTF8 { $0.reduce(0) { $0 | $1 } } < 0x80
    }
  }

  /// - Parameter segments: As stored.
  static func decode(text: [UInt8], segments: [UInt8]) throws(DocumentCodecError) -> [UInt8] {
    let decompressor = ZstdDecompressor()
    guard !text.isEmpty else {
      let stored = try StoredSegments(compressed: segments, decompressor)
      var normalizer = Normalizer()
      var normalized: [UInt8] = []
      for index in 0..<stored.count {
        _ = normalizer.append(stored.text(ofSegment: index), to: &normalized)
      }
      return normalized
    }
    let prefix = try StoredSegments.decompress(segments, decompressor)
    do throws(CompressionError) {
      return try decompressor.decompress(text, maxBytes: Self.maxBytes, prefix: prefix)
    } catch {
      throw DocumentCodecError()
    }
  }
}
