import Transcripts

/// A source whose answers a test decides; it can hold them back.
actor ScriptedSource: TranscriptSource {
  private var errors: [VideoID: FetchError] = [:]
  private var isHolding = false
  private var held: [CheckedContinuation<Void, Never>] = []
  private var running = 0
  private(set) var mostAtOnce = 0
  private(set) var cancelled: [VideoID] = []
  private var pages: [PlaylistPage] = []
  private var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

  func fail(_ video: VideoID, with error: FetchError) { self.errors[video] = error }
  func setPages(_ pages: [PlaylistPage]) { self.pages = pages }

  /// From now on nothing is answered until ``letGo()``, or until the asking task is cancelled.
  func hold() { self.isHolding = true }

  func letGo() {
    self.isHolding = false
    self.wake()
  }

  /// Returns when `count` videos are being fetched.
  func begun(_ count: Int) async {
    guard self.running < count else { return }
    await withCheckedContinuation { self.watchers.append((count, $0)) }
  }

  private func wake() {
    for continuation in self.held { continuation.resume() }
    self.held = []
  }

  func transcripts(
    of video: VideoID, languages: LanguagePreference, deadline: ContinuousClock.Instant
  ) async throws -> [Transcript] {
    self.running += 1
    defer { self.running -= 1 }
    self.mostAtOnce = max(self.mostAtOnce, self.running)
    for watcher in self.watchers where watcher.count <= self.running {
      watcher.continuation.resume()
    }
    self.watchers.removeAll { $0.count <= self.running }
    while self.isHolding {
      if Task.isCancelled {
        self.cancelled.append(video)
        throw CancellationError()
      }
      await withTaskCancellationHandler {
        await withCheckedContinuation { self.held.append($0) }
      } onCancel: {
        Task { await self.wake() }
      }
    }
    if let error = self.errors[video] { throw error }
    let codes = languages.allTracks ? ["en", "en-x-auto"] : ["en"]
    return codes.map {
      Transcript(
        video: Video(id: video),
        track: CaptionTrack(
          languageCode: $0, name: "", kind: $0 == "en" ? .manual : .automatic),
        segments: [Segment(startMilliseconds: 0, durationMilliseconds: 1, text: video.text)],
        fetchedMilliseconds: 0, selectionReason: "because of \($0)")
    }
  }

  func playlistPage(
    of source: SourceID, cursor: String?, deadline: ContinuousClock.Instant
  ) async throws -> PlaylistPage {
    let index = cursor.flatMap { Int($0) } ?? 0
    guard self.pages.indices.contains(index) else {
      throw FetchError(.notFound, "There is no playlist \(source).")
    }
    return self.pages[index]
  }
}

extension VideoID {
  /// `video-00001` and so on.
  static func test(_ number: Int) -> VideoID {
    let digits = String(number)
    return VideoID("video-" + String(repeating: "0", count: 5 - digits.count) + digits)!
  }
}
