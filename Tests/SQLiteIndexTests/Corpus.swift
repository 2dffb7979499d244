import Foundation
import Search
internal import TestRandom
import Transcripts

/// Transcripts as YouTube's are: short segments, words by a Zipf law, the same for the same seed.
struct Corpus {
  private(set) var random: SeededRandom
  private let words: [String]
  private let cumulative: [Double]

  init(seed: UInt64, vocabulary: Int = 20_000) {
    self.random = SeededRandom(seed: seed)
    var words = Self.commonWords
    var maker = SeededRandom(seed: 99)
    var known = Set(words)
    while words.count < vocabulary {
      let length = Int.random(in: 3...10, using: &maker)
      let word = String(
        (0..<length).map { _ in
          Character(Unicode.Scalar(UInt8.random(in: 97...122, using: &maker)))
        })
      if known.insert(word).inserted { words.append(word) }
    }
    self.words = words
    var sum = 0.0
    // Zipf–Mandelbrot with s = 1.05.
    self.cumulative = words.indices.map { rank in
      sum += 1 / pow(Double(rank) + 3.7, 1.05)
      return sum
    }
  }

  private static let commonWords = """
    the to and of a i you it that in is so this we for on be have with but what not are they like was can just or do as \
    at if all there one about my your out up from know get when me would now then because some how really them more
    """.split { $0 == " " || $0 == "\n" }.map(String.init)

  mutating func word() -> String {
    let total = self.cumulative[self.cumulative.count - 1]
    let target = Double.random(in: 0..<total, using: &self.random)
    var low = 0
    var high = self.cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if self.cumulative[middle] < target { low = middle + 1 } else { high = middle }
    }
    return self.words[low]
  }

  mutating func document(_ number: Int, words: Int, playlists: [String] = []) -> IndexDocument {
    var segments: [Segment] = []
    var start: Int64 = 0
    var left = words
    while left > 0 {
      let count = min(left, Int.random(in: 5...11, using: &self.random))
      let duration = Int64(count) * 400 + Int64.random(in: -300...300, using: &self.random)
      let text = (0..<count).map { _ in self.word() }.joined(separator: " ")
      segments.append(
        Segment(startMilliseconds: start, durationMilliseconds: duration, text: text))
      start += duration
      left -= count
    }
    return Self.document(
      number, segments, title: "\(self.word()) \(self.word()) \(self.word())",
      channel: "UC\(number % 40)", playlists: playlists)
  }

  static func videoID(_ number: Int) -> VideoID {
    let digits = String(number)
    let text = "v" + String(repeating: "0", count: 9 - digits.count) + digits + "x"
    guard let id = VideoID(text) else { preconditionFailure("\(text) is not a video ID") }
    return id
  }

  static func document(
    _ number: Int, _ segments: [Segment], title: String = "A title", channel: String = "UCone",
    language: String = "en", kind: CaptionKind = .automatic, published: Int64? = nil,
    playlists: [String] = []
  ) -> IndexDocument {
    IndexDocument(
      transcript: Transcript(
        video: Video(
          id: Self.videoID(number), title: title, channelID: channel, channelTitle: "One",
          durationMilliseconds: 600_000,
          publishedMilliseconds: published ?? 1_600_000_000_000 + Int64(number) * 1000),
        track: CaptionTrack(languageCode: language, name: "English", kind: kind),
        segments: segments, fetchedMilliseconds: 1_700_000_000_000 + Int64(number)),
      playlistIDs: playlists)
  }

  /// One segment for each text, five seconds apart.
  static func document(
    _ number: Int, texts: [String], title: String = "A title", channel: String = "UCone",
    language: String = "en", kind: CaptionKind = .automatic, published: Int64? = nil,
    playlists: [String] = []
  ) -> IndexDocument {
    Self.document(
      number,
      texts.enumerated().map {
        Segment(startMilliseconds: Int64($0) * 5000, durationMilliseconds: 4000, text: $1)
      }, title: title, channel: channel, language: language, kind: kind, published: published,
      playlists: playlists)
  }
}
