internal import API
@testable internal import CommandLineTool
internal import Protobuf
internal import TestRandom
internal import Testing

@Suite("Progress")
struct ProgressTests {
  private let plain = TextStyle(hasColor: false, hasUnicode: true)
  private let drawn = TextStyle(hasColor: false, hasUnicode: true, canRedraw: true)

  private let update = Samples.update(
    Samples.job(
      title: "Evening talks of the society", done: 800, failed: 6, skipped: 12, queued: 182),
    rate: 24.06, remaining: 8)

  @Test(
    "A bar shows what fits",
    arguments: [
      (40, "▕█████▋ ▏  818/1000  6 failed  ETA 0:08"),
      (
        80,
        "Evening talks of t…  ▕████▉ ▏  818/1000  6 failed  12 skipped  24.1/s  ETA 0:08"
      ),
      (
        120,
        "Evening talks of the society  ▕███████████████████▋    ▏  818/1000  6 failed  12 skipped  24.1/s  ETA 0:08"
      ),
    ])
  func widths(width: Int, expected: String) {
    #expect(ProgressLine.bar(self.update, width: width, style: self.plain) == expected)
  }

  @Test("Where there is only ASCII, the bar is ASCII")
  func ascii() {
    let style = TextStyle(hasColor: false, hasUnicode: false)
    #expect(
      ProgressLine.bar(self.update, width: 40, style: style)
        == "[#####  ]  818/1000  6 failed  ETA 0:08")
  }

  @Test("Failures are red, and take no more room for it")
  func color() {
    let style = TextStyle(hasColor: true, hasUnicode: true)
    let line = ProgressLine.bar(self.update, width: 80, style: style)
    #expect(line.contains("  \u{1b}[31m6 failed\u{1b}[0m  "))
    let bare = line.replacing("\u{1b}[31m", with: "").replacing("\u{1b}[0m", with: "")
    #expect(bare == ProgressLine.bar(self.update, width: 80, style: self.plain))
  }

  @Test("While the list is read, the total is the playlist's own, or open")
  func listing() {
    var job = Samples.job(done: 10, queued: 90, listingComplete: false, statedTotal: 1000)
    #expect(
      ProgressLine.bar(Samples.update(job), width: 60, style: self.plain)
        == "Evening talks  ▕▏                       ▏  10/1000  listing")
    #expect(ProgressLine.sentence(Samples.update(job)) == "j1 Evening talks: 10/1000, listing")
    job.statedTotal = 0
    #expect(ProgressLine.sentence(Samples.update(job)) == "j1 Evening talks: 10/100+, listing")
    job.counts = nil
    #expect(ProgressLine.sentence(Samples.update(job)) == "j1 Evening talks: 0/0+, listing")
  }

  @Test("An ended job shows its state, and a full bar when all is done")
  func ended() {
    let done = Samples.update(Samples.job(state: .done, done: 0))
    #expect(
      ProgressLine.bar(done, width: 50, style: self.plain)
        == "Evening talks  ▕█████████████████████▏  0/0  done")
    let cancelled = Samples.update(Samples.job(state: .cancelled, done: 1, cancelled: 3), rate: 5)
    #expect(ProgressLine.bar(cancelled, width: 50, style: self.plain).hasSuffix("  4/4  cancelled"))
  }

  @Test("No line is wider than the terminal, whatever a gateway says", arguments: 0..<300)
  func neverWider(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let numbers: [Int64] = [0, 1, 9, 999, 123_456, .max, .min, -1]
    let doubles: [Double] = [0, 0.04, 12.3, 99.95, 1e300, .infinity, .nan, -3]
    func number() -> Int64 { numbers.randomElement(using: &random) ?? 0 }
    func double() -> Double { doubles.randomElement(using: &random) ?? 0 }
    let titles = ["", "x", "夜の講演会と星空の話をする会", "A long title of a playlist about stars", "👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀👩‍🚀"]
    var job = Samples.job(
      title: titles.randomElement(using: &random) ?? "",
      state: [.running, .done, .failed].randomElement(using: &random) ?? .running)
    job.listingComplete = Bool.random(using: &random)
    job.statedTotal = number()
    job.counts = .with {
      $0.total = number()
      $0.done = number()
      $0.failed = number()
      $0.skipped = number()
    }
    let update = Samples.update(job, rate: double(), remaining: double())
    let width = Int.random(in: 21...130, using: &random)
    let style = TextStyle(hasColor: false, hasUnicode: Bool.random(using: &random))
    let line = ProgressLine.bar(update, width: width, style: style)
    #expect(DisplayWidth.of(line) <= width - 1, "\(line)")
    _ = ProgressLine.sentence(update)
  }

  @Test("Bars of many jobs leave out the last ones, those that have ended first")
  func manyJobs() {
    let log = Log()
    let output = Console.Output(isTerminal: true, columns: { 80 }) { log.append($0) }
    var display = ProgressDisplay(jobs: 12, output: output, style: self.drawn)
    for index in 0..<12 {
      display.update(
        index,
        Samples.update(
          Samples.job("j\(index)", title: "T\(index)", state: index == 0 ? .done : .running)))
    }
    display.show(at: .zero)
    let lines = log.text.split(separator: "\n")
    #expect(lines.count == 11)
    #expect(lines[0].hasPrefix("T1 "))
    #expect(lines[10] == "and 2 more jobs")
  }

  @Test("What is shown waits for its interval, and the last is always shown")
  func interval() {
    let log = Log()
    let output = Console.Output(isTerminal: false, columns: { 80 }) { log.append($0) }
    var display = ProgressDisplay(jobs: 1, output: output, style: self.plain)
    func show(_ done: Int64, at time: Duration, isLast: Bool = false) -> Int {
      display.update(0, Samples.update(Samples.job(done: done, queued: 100 - done)))
      display.show(at: time, isLast: isLast)
      return log.text.split(separator: "\n").count
    }
    #expect(show(1, at: .zero) == 1)
    #expect(show(2, at: .milliseconds(999)) == 1)
    #expect(show(3, at: .seconds(1)) == 2)
    #expect(show(3, at: .seconds(5)) == 2)
    #expect(show(4, at: .seconds(5), isLast: true) == 3)
  }

  @Test("A notice stands above the bars, which are drawn again")
  func notice() {
    let log = Log()
    let output = Console.Output(isTerminal: true, columns: { 80 }) { log.append($0) }
    var display = ProgressDisplay(jobs: 1, output: output, style: self.drawn)
    display.update(0, self.update)
    display.show(at: .zero)
    let before = log.text.count
    display.notice("The gateway is away.")
    display.show(at: .zero)
    let after = String(log.text.dropFirst(before))
    #expect(after.hasPrefix("\u{1b}[1A\r\u{1b}[JThe gateway is away.\nEvening talks"))
  }
}
