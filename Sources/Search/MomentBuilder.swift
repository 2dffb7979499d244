public import Transcripts

/// Makes a moment, readable and with its highlights, from where a back end found the query.
public struct MomentBuilder {
  /// A place of the query's words in the text, in tokens.
  public struct Occurrence: Hashable, Sendable {
    public var firstToken: Int
    public var tokenCount: Int

    public init(firstToken: Int, tokenCount: Int) {
      self.firstToken = firstToken
      self.tokenCount = tokenCount
    }
  }

  /// Segments are joined until a moment has that many scalars: two lines that read well.
  public static let minScalars = 100
  /// What is longer is cut, with `…` where text is missing.
  public static let maxScalars = 700
  /// How much stays in front of the first highlight where a long segment is cut.
  static let scalarsBeforeCut = 80

  private var normalizer = Normalizer()

  public init() {}

  /// The moment of `occurrences`, which lie close together.
  ///
  /// It starts with the segment of the first occurrence, so the link plays exactly what the text shows first.
  ///
  /// - Parameters:
  ///   - occurrences: In order. Empty: the beginning of the transcript, without highlights.
  ///   - nearby: Other occurrences that are highlighted where the moment happens to show them.
  /// - Returns: Nil for a transcript without segments.
  public mutating func moment(
    of occurrences: [Occurrence], nearby: [Occurrence] = [], in segments: some SegmentTexts,
    offsets: OffsetMap
  ) -> Moment? {
    guard segments.count == offsets.segmentCount, segments.count > 0 else { return nil }
    let anchor = occurrences.first.flatMap { offsets.segment(ofToken: $0.firstToken) } ?? 0
    let end = occurrences.map { $0.firstToken + $0.tokenCount - 1 }.max() ?? 0
    var shown = anchor...max(anchor, offsets.segment(ofToken: end) ?? anchor)
    var length = shown.reduce(0) { $0 + segments.text(ofSegment: $1).unicodeScalars.count + 1 }
    while length < Self.minScalars, shown.upperBound + 1 < segments.count {
      shown = shown.lowerBound...shown.upperBound + 1
      length += segments.text(ofSegment: shown.upperBound).unicodeScalars.count + 1
    }
    while length < Self.minScalars, shown.lowerBound > 0 {
      shown = shown.lowerBound - 1...shown.upperBound
      length += segments.text(ofSegment: shown.lowerBound).unicodeScalars.count + 1
    }

    var text = String.UnicodeScalarView()
    var places: [Range<Int>] = []
    let firstShown = offsets.tokens(ofSegment: shown.lowerBound).lowerBound
    for index in shown {
      if !text.isEmpty { text.append(" ") }
      let base = text.count
      let segment = segments.text(ofSegment: index)
      // Captions break lines for the screen; scalar for scalar, so that places stay true.
      for scalar in segment.unicodeScalars {
        // The letters of ASCII need no table.
        let isSpace =
          scalar.value <= 0x20 || (scalar.value > 0x7E && scalar.properties.isWhitespace)
        text.append(isSpace ? " " : scalar)
      }
      for token in self.normalizer.tokens(of: segment) {
        places.append(token.range.lowerBound + base..<token.range.upperBound + base)
      }
    }
    func range(of occurrence: Occurrence) -> Range<Int>? {
      let first = max(0, occurrence.firstToken - firstShown)
      let last = min(places.count, occurrence.firstToken + occurrence.tokenCount - firstShown) - 1
      guard first <= last else { return nil }
      return places[first].lowerBound..<places[last].upperBound
    }
    var moment = Moment(
      startMilliseconds: offsets.startMilliseconds[anchor], text: String(text),
      highlights: Self.union((occurrences + nearby).compactMap(range)))
    let focus = occurrences.first.flatMap(range)?.lowerBound ?? 0
    Self.cut(&moment, scalars: text, around: focus)
    return moment
  }

  /// A moment for each segment in which an occurrence begins, in order of time: the segment's own text.
  ///
  /// - Parameter occurrences: In order.
  public mutating func everyMoment(
    of occurrences: [Occurrence], in segments: some SegmentTexts, offsets: OffsetMap
  ) -> [Moment] {
    guard segments.count == offsets.segmentCount else { return [] }
    var moments: [Moment] = []
    var position = 0
    while position < occurrences.count {
      guard let index = offsets.segment(ofToken: occurrences[position].firstToken) else { break }
      let tokens = offsets.tokens(ofSegment: index)
      let text = segments.text(ofSegment: index)
      let places = self.normalizer.tokens(of: text)
      var highlights: [Range<Int>] = []
      repeat {
        let occurrence = occurrences[position]
        let first = occurrence.firstToken - tokens.lowerBound
        let last = min(first + occurrence.tokenCount, places.count) - 1
        if first >= 0, first <= last {
          highlights.append(places[first].range.lowerBound..<places[last].range.upperBound)
        }
        position += 1
      } while position < occurrences.count
        && offsets.segment(ofToken: occurrences[position].firstToken) == index
      var moment = Moment(
        startMilliseconds: offsets.startMilliseconds[index], text: text,
        highlights: Self.union(highlights))
      Self.cut(
        &moment, scalars: text.unicodeScalars, around: moment.highlights.first?.lowerBound ?? 0)
      moments.append(moment)
    }
    return moments
  }

  /// In order, overlaps joined.
  static func union(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, range.lowerBound < last.upperBound {
        result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// Cuts a text that is too long, so that `focus` stays in it, between two words if there is a space.
  private static func cut(
    _ moment: inout Moment, scalars: String.UnicodeScalarView, around focus: Int
  ) {
    guard scalars.count > Self.maxScalars else { return }
    let all = Array(scalars)
    var start = max(0, focus - Self.scalarsBeforeCut)
    let end = min(all.count, start + Self.maxScalars)
    if start > 0, let space = all[start..<focus].firstIndex(of: " ") { start = space + 1 }
    var view = String.UnicodeScalarView()
    if start > 0 { view.append("…") }
    let shift = view.count - start
    view.append(contentsOf: all[start..<end])
    if end < all.count { view.append("…") }
    moment.text = String(view)
    moment.highlights = moment.highlights.compactMap { range in
      let clipped = range.clamped(to: start..<end)
      return clipped.isEmpty ? nil : clipped.lowerBound + shift..<clipped.upperBound + shift
    }
  }
}

/// The texts of a transcript's segments, which a back end may keep packed.
public protocol SegmentTexts {
  var count: Int { get }
  func text(ofSegment index: Int) -> String
}

extension Array: SegmentTexts where Element == Segment {
  public func text(ofSegment index: Int) -> String { self[index].text }
}
