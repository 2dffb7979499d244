internal import Transcripts

/// The reader of caption tracks in json3.
enum JSON3Fuzz: FuzzTarget {
  static let name = "json3"
  static func run(_ bytes: [UInt8]) { CaptionFuzz.run(bytes, .json3) }
}

/// The reader of caption tracks in srv3.
enum SRV3Fuzz: FuzzTarget {
  static let name = "srv3"
  static func run(_ bytes: [UInt8]) { CaptionFuzz.run(bytes, .srv3) }
}

/// The reader of caption tracks in srv1.
enum SRV1Fuzz: FuzzTarget {
  static let name = "srv1"
  static func run(_ bytes: [UInt8]) { CaptionFuzz.run(bytes, .srv1) }
}

/// The reader of caption tracks in WebVTT.
enum VTTFuzz: FuzzTarget {
  static let name = "vtt"
  static func run(_ bytes: [UInt8]) { CaptionFuzz.run(bytes, .vtt) }
}

/// What holds for each format: a track is refused, or it has segments that are sound.
private enum CaptionFuzz {
  static func run(_ bytes: [UInt8], _ format: CaptionFormat) {
    _ = CaptionFormat(sniffing: bytes)
    // Refusing is what most bytes deserve.
    guard let segments = try? CaptionParser.segments(of: bytes, format: format) else { return }
    FuzzFailure.require(!segments.isEmpty, "a track without segments was taken")
    FuzzFailure.require(segments.count <= bytes.count, "more segments than bytes")
    var last: Int64 = 0
    for segment in segments {
      FuzzFailure.require(segment.startMilliseconds >= last, "segments out of order")
      FuzzFailure.require(
        segment.durationMilliseconds >= 0
          && segment.startMilliseconds <= CaptionParser.maxMilliseconds, "a time out of bounds")
      FuzzFailure.require(
        segment.text.unicodeScalars.contains { !$0.properties.isWhitespace }, "a blank segment")
      last = segment.startMilliseconds
    }
  }
}
