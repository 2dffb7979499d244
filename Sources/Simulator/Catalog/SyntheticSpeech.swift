/// The speech of synthetic videos: sentences of the sample talks in an order of their own, and three words that no other
/// video has.
struct SyntheticSpeech: Sendable {
  private let seed: UInt64
  private let minutes: ClosedRange<Double>

  /// - Parameter minutes: Length of the videos; each has its own within the range.
  init(seed: UInt64, minutes: ClosedRange<Double>) {
    self.seed = seed
    self.minutes = minutes
  }

  /// How long the speech of `video` lasts; the video itself is a little longer.
  func milliseconds(of video: SyntheticVideoID) -> Int {
    var random = self.generator(video, "length")
    let span = self.minutes.upperBound - self.minutes.lowerBound
    return Int((self.minutes.lowerBound + random.unit() * span) * 60_000)
  }

  /// Three words that only `video` contains, for searches whose hits are known.
  func rareWords(of video: SyntheticVideoID) -> [String] {
    var random = self.generator(video, "rare")
    return (0..<3).map { _ in
      (0..<6).map { _ in
        String(random.pick(Self.consonants)) + String(random.pick(Self.vowels))
      }.joined()
    }
  }

  /// What is said, until the time is over.
  func sentences(of video: SyntheticVideoID, language: String) -> [Sentence] {
    let stock = Sentence.inLanguage(language)
    var random = self.generator(video, language)
    let rare = self.rareWords(of: video)
    let end = self.milliseconds(of: video)
    var sentences = [
      Sentence(
        "This is talk \(video.index) of series \(video.series) and its key word is \(rare[0]).")
    ]
    var time = sentences[0].milliseconds
    var saidSecond = false
    while time < end {
      if !saidSecond, time > end / 2 {
        saidSecond = true
        sentences.append(
          Sentence("Halfway through I will say \(rare[1]) because nobody else ever does."))
      } else {
        sentences.append(random.pick(stock))
      }
      time += sentences[sentences.count - 1].milliseconds
    }
    sentences.append(Sentence("My last word today is \(rare[2])."))
    return sentences
  }

  private func generator(_ video: SyntheticVideoID, _ purpose: String) -> SeededGenerator {
    SeededGenerator(
      seed: self.seed, "speech", purpose,
      number: UInt64(video.series) << 20 | UInt64(video.index))
  }

  private static let consonants = Array("bdfghjklmnprstvwxyzq")
  private static let vowels = Array("aeiou")
}
