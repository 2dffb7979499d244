/// All playlists, channels and videos there are. Computed, not stored: any size costs nothing.
struct Catalog: Sendable {
  private let seed: UInt64
  private let shares: [(SimulatedVideo.Availability, Double)]
  let speech: SyntheticSpeech

  /// - Parameter shares: Which part of the synthetic videos is what; the rest is playable.
  init(
    seed: UInt64, minutes: ClosedRange<Double>, shares: [SimulatedVideo.Availability: Double]
  ) {
    self.seed = seed
    self.speech = SyntheticSpeech(seed: seed, minutes: minutes)
    self.shares = shares.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
  }

  // MARK: Playlists

  /// Nil when there is no such playlist.
  func playlist(_ id: String) -> SimulatedPlaylist? {
    if let sample = SampleCatalog.shared.playlists.first(where: { $0.id == id }) { return sample }
    guard !id.hasPrefix("UC"),
      let synthetic = SyntheticPlaylistID(short: id) ?? SyntheticPlaylistID(id)
    else { return nil }
    return SimulatedPlaylist(
      id: id, title: "Simulated series \(synthetic.series)", owner: "Simulated channel",
      channelID: synthetic.channelID, shape: synthetic.shape,
      items: .series(synthetic.series, count: synthetic.count))
  }

  /// The channel behind `https://www.youtube.com/@name`, `/c/name` or `/user/name`; nil when there is none.
  func channelID(ofPath path: String) -> String? {
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    let bare = name.hasPrefix("@") ? String(name.dropFirst()) : name
    if "@" + bare == SampleCatalog.handle { return SampleCatalog.channelID }
    return SyntheticPlaylistID("UC" + bare)?.channelID
  }

  // MARK: Videos

  /// Nil when there is no such video.
  func video(_ id: String) -> SimulatedVideo? {
    if let sample = SampleCatalog.shared.videos[id] { return sample }
    if let special = Self.specials[id] {
      return self.synthetic(
        SyntheticVideoID(series: 0, index: special.index), id: id, special.availability)
    }
    guard let video = SyntheticVideoID(id) else { return nil }
    return self.synthetic(video, id: id, self.availability(of: video))
  }

  /// The video at `index` of `playlist`; its availability is also the playlist's business.
  func video(at index: Int, of playlist: SimulatedPlaylist) -> SimulatedVideo? {
    self.video(playlist.videoID(at: index))
  }

  /// True when the playlist shows the place as unavailable whatever the video is.
  func isUnavailable(at index: Int, of playlist: SimulatedPlaylist) -> Bool {
    (playlist.shape == .unavailable || playlist.shape == .unavailableRenderer) && index % 10 == 9
  }

  /// Videos with one fixed property each, by the name after `sim-`.
  static let specials: [String: (index: Int, availability: SimulatedVideo.Availability)] = {
    let names: [(String, SimulatedVideo.Availability)] = [
      ("sim-private", .isPrivate), ("sim-deleted", .deleted), ("sim-age_old", .ageRestricted),
      ("sim-members", .membersOnly), ("sim-premium", .musicPremium), ("sim-geo_off", .geoBlocked),
      ("sim-no_caps", .noCaptions), ("sim-forkids", .madeForKids), ("sim-live_on", .live),
      ("sim-upcomin", .upcoming), ("sim-withhel", .withheld), ("sim-another", .wrongVideo),
    ]
    return Dictionary(
      names.enumerated().map { ($1.0, (index: $0, availability: $1.1)) },
      uniquingKeysWith: { first, _ in first })
  }()

  private func availability(of video: SyntheticVideoID) -> SimulatedVideo.Availability {
    guard !self.shares.isEmpty else { return .playable }
    var random = SeededGenerator(
      seed: self.seed, "availability", number: UInt64(video.series) << 20 | UInt64(video.index))
    var draw = random.unit()
    for (availability, share) in self.shares {
      if draw < share { return availability }
      draw -= share
    }
    return .playable
  }

  private func synthetic(
    _ video: SyntheticVideoID, id: String, _ availability: SimulatedVideo.Availability
  ) -> SimulatedVideo {
    let length = (self.speech.milliseconds(of: video) + 999) / 1000 + 30
    return SimulatedVideo(
      id: id, title: "Talk \(video.index) of series \(video.series)",
      channelID: "UCsimulatedChannel" + String(100_000 + video.series).suffix(6),
      channelTitle: "Simulated channel \(video.series)", lengthSeconds: length,
      availability: availability,
      tracks: availability.hasCaptions ? Self.tracks(video) : [], content: .synthetic(video))
  }

  /// Most have generated English, a third a manual track beside it, one in forty only German, one in forty only Spanish.
  private static func tracks(_ video: SyntheticVideoID) -> [SimulatedTrack] {
    switch video.index % 40 {
    case 38: [SimulatedTrack("de", automatic: true)]
    case 39: [SimulatedTrack("es", automatic: false), SimulatedTrack("es", automatic: true)]
    case let place where place % 3 == 0:
      [SimulatedTrack("en", automatic: false), SimulatedTrack("en", automatic: true)]
    default: [SimulatedTrack("en", automatic: true)]
    }
  }

  /// What is said in `track` of `video`; nil when it has no such track.
  func sentences(of video: SimulatedVideo, track: SimulatedTrack) -> [Sentence]? {
    guard video.tracks.contains(track) else { return nil }
    switch video.content {
    case .sentences(let content):
      return content[track.languageCode] ?? content[String(track.languageCode.prefix(2))]
    case .synthetic(let id): return self.speech.sentences(of: id, language: track.languageCode)
    }
  }
}
