/// The sample playlists: real sentences that a first-time visitor can search.
///
/// | playlist | videos | what |
/// | --- | --- | --- |
/// | `PLsamples-talks` | 12 | one talk each, English |
/// | `PLsamples-hours` | 30 | talk hours: parts of several talks, English |
/// | `PLsamples-languages` | 5 | German and Spanish, one in two languages |
struct SampleCatalog: Sendable {
  static let channelID = "UCverbatimSampleTalks000"
  static let channelTitle = "Verbatim Sample Talks"
  static let handle = "@verbatim-samples"
  static let shared = SampleCatalog()

  let playlists: [SimulatedPlaylist]
  let videos: [String: SimulatedVideo]

  private init() {
    let lists = [
      ("PLsamples-talks", "Evening talks", Self.eveningTalks()),
      ("PLsamples-hours", "Talk hours", Self.talkHours()),
      ("PLsamples-languages", "Charlas y Vorträge", Self.otherLanguages()),
    ]
    let uploads = (
      "UU" + Self.channelID.dropFirst(2), "Uploads from \(Self.channelTitle)",
      lists.flatMap { $0.2 }
    )
    self.playlists = (lists + [uploads]).map { id, title, videos in
      SimulatedPlaylist(
        id: id, title: title, owner: Self.channelTitle, channelID: Self.channelID,
        shape: id == "PLsamples-talks" ? .renderer : .lockup,
        items: .listed(videos.map(\.id)))
    }
    self.videos = Dictionary(
      lists.flatMap { $0.2 }.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private static func eveningTalks() -> [SimulatedVideo] {
    Talk.english.enumerated().map { index, talk in
      let sentences = talk.paragraphs.joined().map(Sentence.init)
      var tracks = [SimulatedTrack("en", automatic: true)]
      if index % 2 == 0 { tracks.insert(SimulatedTrack("en", automatic: false), at: 0) }
      return Self.video(1, index, talk.title, ["en": sentences], tracks)
    }
  }

  /// Each takes one paragraph from five talks, another selection every time.
  private static func talkHours() -> [SimulatedVideo] {
    let talks = Talk.english
    return (0..<30).map { hour in
      let chosen = (0..<5).map { part in talks[(hour + part * (1 + hour / 12)) % talks.count] }
      var sentences = [
        Sentence(
          "Welcome to talk hour number \(hour + 1), the evening when nobody gives a whole talk.")
      ]
      for (part, talk) in chosen.enumerated() {
        sentences.append(Sentence(Self.links[(hour + part) % Self.links.count] + " \(talk.title)."))
        let paragraph = talk.paragraphs[(hour + part) % talk.paragraphs.count]
        sentences += paragraph.map(Sentence.init)
      }
      sentences.append(Sentence("That was talk hour \(hour + 1), and the kettle is on."))
      let topics = Array(Set(chosen.prefix(3).map(\.key))).sorted().joined(separator: ", ")
      var tracks = [SimulatedTrack("en", automatic: true)]
      if hour % 5 == 0 { tracks.insert(SimulatedTrack("en-GB", automatic: false), at: 0) }
      return Self.video(2, hour, "Talk hour \(hour + 1): \(topics)", ["en": sentences], tracks)
    }
  }

  private static let links = [
    "Our first guest continues a talk called", "Somebody in the audience asked for a part of",
    "And now for something different, here is a piece of", "Let us hear a little more of",
    "The next few minutes belong to", "Before the break we listen to a part of",
    "By popular request, one more piece of",
  ]

  private static func otherLanguages() -> [SimulatedVideo] {
    func sentences(_ talk: Talk) -> [Sentence] { talk.paragraphs.joined().map(Sentence.init) }
    var videos: [SimulatedVideo] = []
    for (index, talk) in (Talk.german + Talk.spanish).enumerated() {
      var tracks = [SimulatedTrack(talk.language, automatic: true)]
      if index % 2 == 0 { tracks.insert(SimulatedTrack(talk.language, automatic: false), at: 0) }
      videos.append(Self.video(3, index, talk.title, [talk.language: sentences(talk)], tracks))
    }
    let both = ["en": sentences(.bread), "de": sentences(.brot)]
    let tracks = [
      SimulatedTrack("de", automatic: false), SimulatedTrack("en", automatic: false),
      SimulatedTrack("en", automatic: true),
    ]
    videos.append(Self.video(3, 4, "Bread in two languages", both, tracks))
    return videos
  }

  private static func video(
    _ playlist: Int, _ index: Int, _ title: String, _ content: [String: [Sentence]],
    _ tracks: [SimulatedTrack]
  ) -> SimulatedVideo {
    let number = String(1000 + index + 1).dropFirst()
    let longest = content.values.map { $0.reduce(0) { $0 + $1.milliseconds } }.max() ?? 0
    return SimulatedVideo(
      id: "vbTalk\(playlist)-\(number)", title: title, channelID: Self.channelID,
      channelTitle: Self.channelTitle, lengthSeconds: longest / 1000 + 5, availability: .playable,
      tracks: tracks, content: .sentences(content))
  }
}
