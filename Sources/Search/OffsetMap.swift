public import Transcripts

/// Where in a transcript each token is: how many tokens every segment has, and when it starts.
///
/// Two to three bytes for each segment when encoded. Kept beside the document, it turns the token offset of a hit into
/// the second to play.
public struct OffsetMap: Hashable, Sendable {
  /// Tokens before each segment, and after the last: one more than there are segments.
  public private(set) var firstTokens: [Int]
  public private(set) var startMilliseconds: [Int64]

  public var segmentCount: Int { self.startMilliseconds.count }
  public var tokenCount: Int { self.firstTokens[self.firstTokens.count - 1] }

  /// Empty.
  public init() {
    self.firstTokens = [0]
    self.startMilliseconds = []
  }

  public mutating func append(tokens: Int, startMilliseconds: Int64) {
    self.firstTokens.append(self.tokenCount + tokens)
    self.startMilliseconds.append(startMilliseconds)
  }

  /// The segment that holds the token at `offset`; the nearest one when `offset` is outside. Nil in an empty map.
  public func segment(ofToken offset: Int) -> Int? {
    guard self.segmentCount > 0 else { return nil }
    // The last segment that begins at or before the token; segments without tokens are passed over, as the next one
    // begins at the same token.
    var low = 0
    var high = self.segmentCount
    while low < high {
      let middle = (low + high) / 2
      if self.firstTokens[middle] <= offset { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }

  /// The tokens of a segment.
  public func tokens(ofSegment index: Int) -> Range<Int> {
    self.firstTokens[index]..<self.firstTokens[index + 1]
  }

  /// For each segment its number of tokens, then the milliseconds since the start of the one before.
  public var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(self.segmentCount * 3)
    var last: Int64 = 0
    for index in 0..<self.segmentCount {
      Varint.append(UInt64(self.tokens(ofSegment: index).count), to: &bytes)
      Varint.append(signed: self.startMilliseconds[index] &- last, to: &bytes)
      last = self.startMilliseconds[index]
    }
    return bytes
  }

  /// Nil when the bytes are not an offset map.
  public init?(decoding bytes: [UInt8]) {
    self.init()
    var reader = Varint.Reader(bytes)
    var last: Int64 = 0
    while !reader.isAtEnd {
      guard let tokens = reader.nextCount(max: Self.maxTokensPerSegment),
        let delta = reader.nextSigned()
      else { return nil }
      last &+= delta
      self.append(tokens: tokens, startMilliseconds: last)
    }
  }

  /// Far above any transcript: damaged bytes are noticed instead of overflowing.
  private static let maxTokensPerSegment = 1 << 28
}

/// A transcript as it is indexed.
public struct NormalizedTranscript: Sendable {
  /// Tokens of the title, separated by spaces.
  public var title: [UInt8]
  /// Tokens of all segments, separated by spaces.
  public var text: [UInt8]
  public var offsets: OffsetMap

  public init(_ transcript: Transcript, normalizer: inout Normalizer) {
    var title: [UInt8] = []
    _ = normalizer.append(transcript.video.title, to: &title)
    self.title = title
    var text: [UInt8] = []
    text.reserveCapacity(transcript.segments.reduce(0) { $0 + $1.text.utf8.count + 1 })
    self.offsets = OffsetMap()
    for segment in transcript.segments {
      let count = normalizer.append(segment.text, to: &text)
      self.offsets.append(tokens: count, startMilliseconds: segment.startMilliseconds)
    }
    self.text = text
  }

  /// Tokens of title and text together.
  public var tokenCount: Int {
    let titleTokens = self.title.isEmpty ? 0 : self.title.count { $0 == UInt8(ascii: " ") } + 1
    return self.offsets.tokenCount + titleTokens
  }
}
