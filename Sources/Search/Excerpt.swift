public import Transcripts

/// A part of a transcript.
public struct Excerpt: Hashable, Sendable {
  public var video: Video
  public var track: CaptionTrack
  public var segments: [Segment]
  /// Segments in front of the first one, and behind the last.
  public var segmentsBefore: Int
  public var segmentsAfter: Int

  /// The segments that are heard from `before` the instant to `after` it; at least one: the last that begins at or before
  /// it, or else the first.
  ///
  /// - Parameter milliseconds: From the start of the video.
  public init(
    of transcript: Transcript, around milliseconds: Int64, before: Duration, after: Duration
  ) {
    self.video = transcript.video
    self.track = transcript.track
    let segments = transcript.segments
    let from = milliseconds.saturatingSubtract(before.wholeMilliseconds)
    let to = milliseconds.saturatingAdd(after.wholeMilliseconds)
    let here = segments.lastIndex { $0.startMilliseconds <= milliseconds } ?? 0
    var first = here
    while first > 0, segments[first - 1].endMilliseconds > from { first -= 1 }
    var end = min(here + 1, segments.count)
    while end < segments.count, segments[end].startMilliseconds < to { end += 1 }
    self.segments = Array(segments[min(first, end)..<end])
    self.segmentsBefore = min(first, end)
    self.segmentsAfter = segments.count - end
  }
}

extension Segment {
  fileprivate var endMilliseconds: Int64 {
    self.startMilliseconds.saturatingAdd(self.durationMilliseconds)
  }
}

extension Duration {
  /// Rounded down; never negative.
  fileprivate var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = self.components
    guard seconds >= 0 else { return 0 }
    guard seconds < Int64.max / 1000 else { return .max }
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}

extension Int64 {
  fileprivate func saturatingAdd(_ other: Int64) -> Int64 {
    let (sum, overflow) = self.addingReportingOverflow(other)
    return overflow ? (other > 0 ? .max : .min) : sum
  }

  fileprivate func saturatingSubtract(_ other: Int64) -> Int64 {
    let (difference, overflow) = self.subtractingReportingOverflow(other)
    return overflow ? (other > 0 ? .min : .max) : difference
  }
}
