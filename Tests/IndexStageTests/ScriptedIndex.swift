import Search
import Transcripts

/// An index in memory that can be held, filled and broken.
actor ScriptedIndex: SearchIndex {
  private(set) var documents: [VideoID: IndexDocument] = [:]
  /// Videos written, by index.
  private(set) var written: [IndexName: Set<VideoID>] = [:]
  /// Sizes of the batches that were written.
  private(set) var batches: [Int] = []
  /// The most batches that were being written at the same time.
  private(set) var mostAtOnce = 0
  private(set) var writes = 0
  private(set) var queries: [SearchQuery] = []
  private var atOnce = 0
  private var isHeld = false
  private var holders: [CheckedContinuation<Void, Never>] = []
  private var watchers: [(count: Int, CheckedContinuation<Void, Never>)] = []
  private var writeErrors: [SearchError] = []
  private var rejections: [VideoID: String] = [:]
  /// Videos that were put into a playlist, by index and playlist.
  private(set) var listed: [IndexName: [String: Set<VideoID>]] = [:]
  private var changeErrors: [SearchError] = []
  private var answer: Result<SearchResults, any Error> = .failure(
    SearchError(.unavailable, "Nothing is scripted."))

  func hold() { self.isHeld = true }

  func letGo() {
    self.isHeld = false
    for holder in self.holders { holder.resume() }
    self.holders = []
  }

  /// The next writes throw, one each.
  func failNext(with errors: [SearchError]) { self.writeErrors = errors.reversed() }
  /// The next changes of playlists throw, one each.
  func failNextChange(with errors: [SearchError]) { self.changeErrors = errors.reversed() }
  func reject(_ video: VideoID, _ reason: String) { self.rejections[video] = reason }
  func setAnswer(_ answer: Result<SearchResults, any Error>) { self.answer = answer }

  /// Returns when `count` writes have begun.
  func begun(_ count: Int) async {
    guard self.writes < count else { return }
    await withCheckedContinuation { self.watchers.append((count, $0)) }
  }

  func write(_ documents: [IndexDocument], to index: IndexName) async throws -> [IndexOutcome] {
    self.writes += 1
    self.atOnce += 1
    defer { self.atOnce -= 1 }
    self.mostAtOnce = max(self.mostAtOnce, self.atOnce)
    for watcher in self.watchers where watcher.count <= self.writes { watcher.1.resume() }
    self.watchers.removeAll { $0.count <= self.writes }
    while self.isHeld { await withCheckedContinuation { self.holders.append($0) } }
    if let error = self.writeErrors.popLast() { throw error }
    self.batches.append(documents.count)
    self.written[index, default: []].formUnion(documents.map(\.transcript.video.id))
    return documents.map { document in
      let video = document.transcript.video.id
      if let reason = self.rejections[video] { return .rejected(reason) }
      return self.documents.updateValue(document, forKey: video) == document ? .unchanged : .indexed
    }
  }

  func changePlaylists(
    of videos: [VideoID], adding: [String], removing: [String], in index: IndexName
  ) async throws -> Int {
    if let error = self.changeErrors.popLast() { throw error }
    for playlist in adding {
      self.listed[index, default: [:]][playlist, default: []].formUnion(videos)
    }
    return videos.count
  }

  func search(_ query: SearchQuery) async throws -> SearchResults {
    self.queries.append(query)
    return try self.answer.get()
  }

  func transcript(
    of video: VideoID, languageCode: String?, in index: IndexName
  ) async throws -> Transcript? {
    guard let found = self.documents[video]?.transcript else { return nil }
    return languageCode == nil || languageCode == found.track.languageCode ? found : nil
  }

  func statistics(of index: IndexName) async throws -> IndexStatistics {
    IndexStatistics(
      documents: self.documents.count, videos: self.documents.count, sizeBytes: 42,
      backend: "scripted", shards: 3)
  }
}

extension VideoID {
  /// `video-00001` and so on.
  static func test(_ number: Int) -> VideoID {
    let digits = String(number)
    return VideoID("video-" + String(repeating: "0", count: 5 - digits.count) + digits)!
  }
}

extension Transcript {
  static func test(_ video: VideoID) -> Transcript {
    Transcript(
      video: Video(id: video, title: "A title"),
      track: CaptionTrack(languageCode: "en", name: "English", kind: .manual),
      segments: [Segment(startMilliseconds: 0, durationMilliseconds: 1000, text: "hello")],
      fetchedMilliseconds: 7)
  }
}
