internal import Foundation
package import Search
package import Transcripts

/// Transcripts like YouTube's automatic ones: segments of 5 to 11 words, lengths log-normal with a mean of 1,500 words,
/// and in each video words of its own topic (12 %). Video `number` is the same on every machine.
package struct Corpus: Sendable {
  package let vocabulary = Vocabulary()
  /// Videos for each channel.
  private static let videosPerChannel = 40

  package init() {}

  package func document(_ number: Int, version: UInt64 = 0, playlists: [String] = [])
    -> IndexDocument
  {
    var random = SplitMix64(seed: UInt64(number) &* 0x5851_f42d_4c95_7f2d &+ version)
    let topic = (0..<80).map { _ in 200 + Int(random.next() % 39_800) }
    let normal = sqrt(-2 * log(1 - random.unit())) * cos(2 * Double.pi * random.unit())
    var left = Int(min(40_000, max(60, exp(log(1500) - 0.245 + 0.7 * normal))))
    var segments: [Segment] = []
    segments.reserveCapacity(left / 7)
    var start: Int64 = 0
    while left > 0 {
      let count = min(left, 5 + Int(random.next() % 7))
      var text = ""
      for index in 0..<count {
        if index > 0 { text += " " }
        text += self.vocabulary.words[self.rank(&random, topic)]
      }
      let duration = Int64(count) * 400 + Int64(random.next() % 600) - 300
      segments.append(
        Segment(startMilliseconds: start, durationMilliseconds: duration, text: text))
      start += duration
      left -= count
    }
    let title = topic.prefix(6).map { self.vocabulary.words[$0] }.joined(separator: " ")
    return IndexDocument(
      transcript: Transcript(
        video: Video(
          id: Self.videoID(number), title: title, channelID: "UC\(number / Self.videosPerChannel)",
          channelTitle: "Channel", durationMilliseconds: start,
          publishedMilliseconds: 1_400_000_000_000 + Int64(random.next() % 330_000_000_000)),
        track: CaptionTrack(languageCode: "en", name: "English", kind: .automatic),
        segments: segments, fetchedMilliseconds: 1_700_000_000_000),
      playlistIDs: playlists)
  }

  private func rank(_ random: inout SplitMix64, _ topic: [Int]) -> Int {
    guard random.unit() < 0.12 else { return self.vocabulary.rank(&random) }
    // Of the topic's words a few are frequent (Pareto).
    let position = Int(3 * (1 / (1 - random.unit()) - 1))
    return topic[position % topic.count]
  }

  package static func videoID(_ number: Int) -> VideoID {
    let digits = String(number)
    let text = "v" + String(repeating: "0", count: 9 - digits.count) + digits + "x"
    guard let id = VideoID(text) else { preconditionFailure("\(text) is not a video ID") }
    return id
  }

  package static func bytes(_ document: IndexDocument) -> Int {
    document.transcript.segments.reduce(0) { $0 + $1.text.utf8.count + 1 }
  }
}
