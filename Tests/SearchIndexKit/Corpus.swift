public import Search
public import Transcripts

/// The documents that every back end is asked about: small, and with a reason for each.
public enum Corpus {
  /// A caption track of eleven-character `video`, with three seconds for each segment.
  public static func document(
    _ video: String, _ segments: [String], title: String = "", channel: String = "",
    channelTitle: String = "", language: String = "en", kind: CaptionKind = .manual,
    published: Int64? = nil, fetched: Int64 = 1_000, playlists: [String] = []
  ) -> IndexDocument {
    guard let id = VideoID(video) else { preconditionFailure("\(video) is no video's identifier") }
    return IndexDocument(
      transcript: Transcript(
        video: Video(
          id: id, title: title, channelID: channel, channelTitle: channelTitle,
          durationMilliseconds: Int64(segments.count) * 3_000, publishedMilliseconds: published),
        track: CaptionTrack(languageCode: language, name: language, kind: kind),
        segments: segments.enumerated().map { index, text in
          Segment(
            startMilliseconds: Int64(index) * 3_000, durationMilliseconds: 3_000, text: text)
        },
        fetchedMilliseconds: fetched, selectionReason: "manual"),
      playlistIDs: playlists)
  }

  /// Days since 1970, as milliseconds.
  public static func day(_ days: Int64) -> Int64 { days * 86_400_000 }

  public static let documents: [IndexDocument] = [
    Self.document(
      "vAAAAAAAAA1", ["Good morning and welcome to the", "talk about distributed systems."],
      title: "Distributed systems for everyone", channel: "UCsystems", channelTitle: "Systems",
      published: Self.day(19_000), playlists: ["PLtalks"]),
    Self.document(
      "vAAAAAAAAA2", ["A system that is distributed", "fails in parts."],
      title: "Failure", channel: "UCsystems", channelTitle: "Systems", kind: .automatic,
      published: Self.day(19_100), playlists: ["PLtalks", "PLfailures"]),
    Self.document(
      "vAAAAAAAAA3", ["Crème brûlée et café au lait,", "naïve façade, Straße, Łódź."],
      title: "Cuisine française", channel: "UCfood", channelTitle: "Food", language: "fr",
      published: Self.day(18_000)),
    Self.document(
      "vAAAAAAAAA4", ["東京は日本の首都です", "私は東京大学で勉強しました"],
      title: "東京案内", channel: "UCtokyo", channelTitle: "Tokyo", language: "ja",
      published: Self.day(18_500)),
    Self.document(
      "vAAAAAAAAA5", ["O português do Brasil", "é falado por milhões"], title: "Português",
      channel: "UCfood", channelTitle: "Food", language: "pt-BR", kind: .automatic,
      published: Self.day(17_000)),
    Self.document(
      "vAAAAAAAAA6", ["Don't panic, it's C++ and C# and .NET", "e-mail me at noon"],
      title: "Programming 101", channel: "UCcode", channelTitle: "Code", published: Self.day(19_200)
    ),
    // No title, no channel, no date of publication.
    Self.document("vAAAAAAAAA7", ["one two three", "four five six", "seven eight nine"]),
    Self.document(
      "vAAAAAAAAA8",
      Array(repeating: "filler words that nobody looks for here", count: 30)
        + ["the quick brown fox", "jumps over the lazy dog"]
        + Array(repeating: "other filler words between two places", count: 30)
        + ["and the quick fox again"],
      title: "Foxes", channel: "UCzoo", channelTitle: "Zoo", published: Self.day(19_300),
      playlists: ["PLtalks"]),
    Self.document(
      "vAAAAAAAAA9", ["talking talks talked talker", "walked walking walks"], title: "Verbs",
      channel: "UCcode", channelTitle: "Code", kind: .automatic, published: Self.day(19_400)),
    // The same video in two languages.
    Self.document(
      "vAAAAAAAAB1", ["unrelated words in english"], title: "Two tracks", channel: "UCzoo",
      channelTitle: "Zoo", kind: .automatic, published: Self.day(16_000)),
    Self.document(
      "vAAAAAAAAB1", ["unzusammenhängende Wörter auf deutsch"], title: "Two tracks",
      channel: "UCzoo", channelTitle: "Zoo", language: "de", kind: .manual,
      published: Self.day(16_000)),
    Self.document(
      "vAAAAAAAAB2", ["ความรัก ไม่มีพรมแดน", "😀 emoji 👍 между словами"], title: "Mixed",
      channel: "UCfood", channelTitle: "Food", language: "th", published: Self.day(15_000)),
  ]

  /// How a document is named in failures.
  public static func name(_ video: Video, _ track: CaptionTrack) -> String {
    "\(video.id.text).\(track.languageCode)"
  }

  public static func name(_ document: IndexDocument) -> String {
    Self.name(document.transcript.video, document.transcript.track)
  }
}
