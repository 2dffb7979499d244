internal import API

/// Shows how far jobs are: bars that are drawn over on a terminal, lines elsewhere.
struct ProgressDisplay {
  /// Bars that are drawn at one time; a terminal cannot draw over what has left its screen.
  static let maxBars = 10
  /// Nobody sees more pictures a second on a terminal, and a log should grow slowly.
  static let barInterval = Duration.milliseconds(100)
  static let lineInterval = Duration.seconds(1)

  private let output: Console.Output
  private let style: TextStyle
  /// Nil: not known yet.
  private var updates: [GatewayWatchJobResponse?]
  private var lastSentences: [String]
  private var drawnLines = 0
  private var isChanged = false
  private var lastShown: Duration?

  init(jobs: Int, output: Console.Output, style: TextStyle) {
    self.output = output
    self.style = style
    self.updates = Array(repeating: nil, count: jobs)
    self.lastSentences = Array(repeating: "", count: jobs)
  }

  /// How often ``show(at:)`` is worth calling.
  var interval: Duration { self.style.canRedraw ? Self.barInterval : Self.lineInterval }

  mutating func update(_ index: Int, _ update: GatewayWatchJobResponse) {
    self.updates[index] = update
    self.isChanged = true
  }

  /// Shows what has changed, unless something was shown a moment ago.
  mutating func show(at now: Duration, isLast: Bool = false) {
    guard self.isChanged else { return }
    if let lastShown, now - lastShown < self.interval, !isLast { return }
    self.lastShown = now
    self.isChanged = false
    if self.style.canRedraw { self.drawBars() } else { self.writeSentences() }
  }

  /// Writes a line that stays, above the bars.
  mutating func notice(_ text: String) {
    self.output.write(self.erased + SafeText.line(text) + "\n")
    self.drawnLines = 0
    self.isChanged = self.isChanged || self.style.canRedraw
    if self.style.canRedraw { self.lastShown = nil }
  }

  /// Takes the bars away; what follows stands in their place.
  mutating func clear() {
    if self.drawnLines > 0 { self.output.write(self.erased) }
    self.drawnLines = 0
  }

  /// Moves to the first of the drawn lines and erases to the end of the screen (ECMA-48: CUU, ED).
  private var erased: String {
    self.drawnLines > 0 ? "\u{1b}[\(self.drawnLines)A\r\u{1b}[J" : ""
  }

  private mutating func drawBars() {
    let width = self.output.columns()
    // Jobs that run come first: they are what one waits for.
    let known = self.updates.compactMap { $0 }
    let sorted =
      known.filter { $0.job?.hasEnded != true } + known.filter { $0.job?.hasEnded == true }
    var lines = sorted.prefix(Self.maxBars).map {
      ProgressLine.bar($0, width: width, style: self.style)
    }
    if sorted.count > Self.maxBars {
      lines.append(self.style.dim("and \(sorted.count - Self.maxBars) more jobs"))
    }
    let text = lines.map { $0 + "\n" }.joined()
    self.output.write(self.erased + text)
    self.drawnLines = lines.count
  }

  private mutating func writeSentences() {
    for (index, update) in self.updates.enumerated() {
      guard let update else { continue }
      let sentence = ProgressLine.sentence(update)
      guard sentence != self.lastSentences[index] else { continue }
      self.lastSentences[index] = sentence
      self.output.line(sentence)
    }
  }
}
