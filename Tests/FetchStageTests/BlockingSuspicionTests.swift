import Pipeline
import Testing
import Transcripts

@testable import FetchStage

@Suite("Suspicion of blocking")
struct BlockingSuspicionTests {
  private let job = JobID("job")!
  private let missing = FetchError(.noTranscript, "the video has no captions")

  /// Lets every third, fourth, … video fail alike.
  private func suspicion(_ videos: Int, every step: Int, as kind: FetchError.Kind)
    -> (BlockingSuspicion, [BlockingSuspicion.Change])
  {
    var suspicion = BlockingSuspicion()
    let changes = (0..<videos).compactMap {
      suspicion.ended(suspicion.began(self.job), $0 % step == 0 ? kind : nil)
    }
    return (suspicion, changes)
  }

  @Test("Less than a third that fail alike are believed, more are not")
  func share() {
    let (quarter, none) = self.suspicion(200, every: 4, as: .noTranscript)
    #expect(none.isEmpty && quarter.doubt(self.missing, of: self.job) == nil)
    let (third, changes) = self.suspicion(200, every: 3, as: .noTranscript)
    #expect(changes == [.begins] && third.suspectedJobs == 1)
    let doubt = third.doubt(self.missing, of: self.job)
    #expect(doubt?.kind == "suspected-blocking" && doubt?.consequence == .retry)
    #expect(doubt?.retryAfter == .seconds(900))
    #expect(doubt?.message.contains("the video has no captions") == true)
    #expect(doubt?.message.contains("of the last 50 videos") == true)
  }

  @Test("A few videos say nothing, whatever becomes of them")
  func few() {
    let (suspicion, changes) = self.suspicion(19, every: 1, as: .notFound)
    #expect(changes.isEmpty && suspicion.suspectedJobs == 0)
  }

  @Test(
    "What says too much about a video to be made up is believed",
    arguments: [FetchError.Kind.membersOnly, .geoBlocked, .languageNotAvailable, .unreachable])
  func believed(kind: FetchError.Kind) {
    let (suspicion, changes) = self.suspicion(100, every: 1, as: kind)
    #expect(changes.isEmpty && suspicion.doubt(FetchError(kind, ""), of: self.job) == nil)
  }

  @Test("Other failures, and other jobs, are reported as they are while one is suspected")
  func others() {
    let (suspicion, _) = self.suspicion(60, every: 2, as: .notFound)
    #expect(suspicion.doubt(FetchError(.membersOnly, ""), of: self.job) == nil)
    #expect(suspicion.doubt(FetchError(.notFound, ""), of: JobID("other")!) == nil)
    #expect(suspicion.doubt(FetchError(.notFound, ""), of: self.job) != nil)
  }

  @Test(
    "Of many that begin together those that fail end first, and are believed while the others are in work"
  )
  func failuresFirst() {
    var suspicion = BlockingSuspicion()
    let videos = (0..<1000).map { _ in suspicion.began(self.job) }
    let failing = videos.enumerated().filter { $0.offset % 5 == 0 }.map(\.element)
    #expect(failing.compactMap { suspicion.ended($0, .noTranscript) }.isEmpty)
    #expect(suspicion.doubt(self.missing, of: self.job) == nil)
    let others = videos.enumerated().filter { $0.offset % 5 != 0 }.map(\.element)
    #expect(others.compactMap { suspicion.ended($0, nil) }.isEmpty)
  }

  @Test(
    "When all that began together fail, they are suspected as soon as a third of the newest has")
  func blockedTogether() {
    var suspicion = BlockingSuspicion()
    let videos = (0..<1000).map { _ in suspicion.began(self.job) }
    var random = SystemRandomNumberGenerator()
    var before = 0
    // Out of order, as answers come, but none overtakes more than some dozens.
    for start in stride(from: 0, to: 1000, by: 40) {
      for video in videos[start..<(start + 40)].shuffled(using: &random) {
        _ = suspicion.ended(video, .notFound)
        if suspicion.doubt(FetchError(.notFound, ""), of: self.job) == nil { before += 1 }
      }
    }
    #expect(suspicion.suspectedJobs == 1)
    #expect(before < 200, "So many were believed")
  }

  @Test("Videos that were given back are not counted, and those of a forgotten job change nothing")
  func dropped() {
    var suspicion = BlockingSuspicion()
    for _ in 0..<100 {
      let videos = (0..<2).map { _ in suspicion.began(self.job) }
      _ = suspicion.dropped(videos[1])
      _ = suspicion.ended(videos[0], .notFound)
    }
    #expect(suspicion.suspectedJobs == 1)
    let old = suspicion.began(self.job)
    for number in 0..<BlockingSuspicion.maxJobs { _ = suspicion.began(JobID("job-\(number)")!) }
    #expect(suspicion.suspectedJobs == 0)
    _ = suspicion.began(self.job)
    #expect(suspicion.ended(old, .notFound) == nil)
  }

  @Test("It ends when videos are found again")
  func ends() {
    var (suspicion, _) = self.suspicion(60, every: 1, as: .notFound)
    let changes = (0..<50).compactMap { _ in suspicion.ended(suspicion.began(self.job), nil) }
    #expect(changes == [.ends] && suspicion.suspectedJobs == 0)
  }

  @Test("No more jobs are remembered than the bound")
  func bounded() {
    var suspicion = BlockingSuspicion()
    for number in 0..<(BlockingSuspicion.maxJobs + 20) {
      for _ in 0..<20 {
        _ = suspicion.ended(suspicion.began(JobID("job-\(number)")!), .notFound)
      }
    }
    #expect(suspicion.suspectedJobs == BlockingSuspicion.maxJobs)
  }
}
