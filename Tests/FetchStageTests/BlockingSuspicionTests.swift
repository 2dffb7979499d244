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
      suspicion.ended(self.job, $0 % step == 0 ? kind : nil)
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

  @Test("It ends when videos are found again")
  func ends() {
    var (suspicion, _) = self.suspicion(60, every: 1, as: .notFound)
    let changes = (0..<50).compactMap { _ in suspicion.ended(self.job, nil) }
    #expect(changes == [.ends] && suspicion.suspectedJobs == 0)
  }

  @Test("No more jobs are remembered than the bound")
  func bounded() {
    var suspicion = BlockingSuspicion()
    for number in 0..<(BlockingSuspicion.maxJobs + 20) {
      for _ in 0..<20 { _ = suspicion.ended(JobID("job-\(number)")!, .notFound) }
    }
    #expect(suspicion.suspectedJobs == BlockingSuspicion.maxJobs)
  }
}
