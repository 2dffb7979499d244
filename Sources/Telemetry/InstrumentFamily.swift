/// Instruments of one name, told apart by the values of their labels.
public struct InstrumentFamily<Instrument: Sendable>: Sendable {
  private let family: Family
  private let make: @Sendable () -> Series
  private let take: @Sendable (Series) -> Instrument?

  init(
    _ family: Family, make: @escaping @Sendable () -> Series,
    take: @escaping @Sendable (Series) -> Instrument?
  ) {
    self.family = family
    self.make = make
    self.take = take
  }

  /// The instrument with these label values, made when it is new: one short lock and a lookup. On hot paths, keep it.
  ///
  /// When the family is full (``MetricsRegistry/maxSeriesPerFamily``) it is the one whose values are all
  /// ``MetricsRegistry/otherLabel``.
  public func with(_ values: String...) -> Instrument {
    precondition(
      values.count == self.family.labels.count,
      "\(self.family.name) has the labels \(self.family.labels), not \(values.count) values")
    guard let instrument = self.take(self.family.series(values, make: self.make)) else {
      preconditionFailure("\(self.family.name) has a series of another kind")
    }
    return instrument
  }
}

/// One time series.
enum Series: Sendable {
  case counter(Counter)
  case gauge(Gauge)
  case histogram(Histogram)
  case callback(@Sendable () -> Double?)
}

/// All series of one name.
final class Family: Sendable {
  enum Kind: String { case counter, gauge, histogram }

  let name: String
  let help: String
  let kind: Kind
  let labels: [String]
  private let members = Locked<[[String]: Series]>([:])

  init(name: String, help: String, kind: Kind, labels: [String]) {
    self.name = name
    self.help = help
    self.kind = kind
    self.labels = labels
  }

  func series(_ values: [String], make: () -> Series) -> Series {
    self.members.withLock { members in
      if let found = members[values] { return found }
      var values = values
      if members.count >= MetricsRegistry.maxSeriesPerFamily - 1, !values.isEmpty {
        values = values.map { _ in MetricsRegistry.otherLabel }
        if let found = members[values] { return found }
      }
      let new = make()
      members[values] = new
      return new
    }
  }

  func replace(_ values: [String], with series: Series) {
    self.members.withLock { $0[values] = series }
  }

  func render(into out: inout String) {
    let members = self.members.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    guard !members.isEmpty else { return }
    out += "# HELP \(self.name) \(Self.escaped(self.help, quotes: false))\n"
    out += "# TYPE \(self.name) \(self.kind.rawValue)\n"
    for (values, series) in members {
      let labels = zip(self.labels, values).map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }
      switch series {
      case .counter(let counter): self.line("", labels, Double(counter.value), into: &out)
      case .gauge(let gauge): self.line("", labels, gauge.value, into: &out)
      case .callback(let read):
        if let value = read() { self.line("", labels, value, into: &out) }
      case .histogram(let histogram): self.render(histogram, labels, into: &out)
      }
    }
  }

  private func render(_ histogram: Histogram, _ labels: [String], into out: inout String) {
    let snapshot = histogram.snapshot
    var cumulated = 0
    for (bound, count) in zip(histogram.upperBounds + [.infinity], snapshot.counts) {
      cumulated += count
      let bucket = "le=\"\(Self.number(bound))\""
      self.line("_bucket", labels + [bucket], Double(cumulated), into: &out)
    }
    self.line("_sum", labels, snapshot.sum, into: &out)
    self.line("_count", labels, Double(cumulated), into: &out)
  }

  private func line(_ suffix: String, _ labels: [String], _ value: Double, into out: inout String) {
    out += self.name + suffix
    if !labels.isEmpty { out += "{" + labels.joined(separator: ",") + "}" }
    out += " " + Self.number(value) + "\n"
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return String(whole) }
    return String(describing: value)
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var out = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\"" where quotes: out += "\\\""
      default: out.unicodeScalars.append(character)
      }
    }
    return out
  }
}
