/// All instruments of a process, and their rendering for Prometheus.
///
/// Instruments are made once, kept by who uses them, and then cost an atomic operation or a short lock.
/// Asking again for the same name and labels gives the same instrument. Names and labels are ours, never a
/// caller's: a malformed name, or one name with two kinds or two sets of labels, is a programming error and traps.
public final class MetricsRegistry: Sendable {
  /// Series in one family; what comes beyond is counted under the label value ``otherLabel``.
  public static let maxSeriesPerFamily = 256
  /// The label value of what does not fit.
  public static let otherLabel = "_OTHER"
  /// The `Content-Type` of ``render()``.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private let families = Locked<[String: Family]>([:])

  public init() {}

  /// A counter without labels. Its name ends in `_total`.
  public func counter(_ name: String, help: String) -> Counter {
    self.counters(name, help: help, labels: []).with()
  }

  /// Counters told apart by labels, whose values come from closed sets (never identifiers or URLs).
  public func counters(_ name: String, help: String, labels: [String]) -> InstrumentFamily<Counter>
  {
    precondition(name.hasSuffix("_total"), "the counter \(name) must end in _total")
    return InstrumentFamily(
      self.family(name, help, .counter, labels), make: { .counter(Counter()) },
      take: { if case .counter(let counter) = $0 { counter } else { nil } })
  }

  /// A counter whose value is asked for when metrics are read. Nil: left out this time.
  public func counter(_ name: String, help: String, read: @escaping @Sendable () -> Double?) {
    precondition(name.hasSuffix("_total"), "the counter \(name) must end in _total")
    self.family(name, help, .counter, []).replace([], with: .callback(read))
  }

  public func gauge(_ name: String, help: String) -> Gauge {
    self.gauges(name, help: help, labels: []).with()
  }

  public func gauges(_ name: String, help: String, labels: [String]) -> InstrumentFamily<Gauge> {
    InstrumentFamily(
      self.family(name, help, .gauge, labels), make: { .gauge(Gauge()) },
      take: { if case .gauge(let gauge) = $0 { gauge } else { nil } })
  }

  /// A gauge whose value is asked for when metrics are read. Nil: left out this time.
  ///
  /// - Parameter read: Called on the reader's thread; it must not wait.
  public func gauge(
    _ name: String, help: String, labels: KeyValuePairs<String, String> = [:],
    read: @escaping @Sendable () -> Double?
  ) {
    self.family(name, help, .gauge, labels.map(\.key))
      .replace(labels.map(\.value), with: .callback(read))
  }

  public func histogram(
    _ name: String, help: String, buckets: [Double] = Histogram.secondsBuckets
  ) -> Histogram {
    self.histograms(name, help: help, labels: [], buckets: buckets).with()
  }

  /// - Parameter buckets: Upper bounds, ascending; the bucket above all is added.
  public func histograms(
    _ name: String, help: String, labels: [String], buckets: [Double] = Histogram.secondsBuckets
  ) -> InstrumentFamily<Histogram> {
    precondition(
      zip(buckets, buckets.dropFirst()).allSatisfy(<), "buckets of \(name) must ascend")
    return InstrumentFamily(
      self.family(name, help, .histogram, labels),
      make: { .histogram(Histogram(upperBounds: buckets)) },
      take: { if case .histogram(let histogram) = $0 { histogram } else { nil } })
  }

  /// Everything in Prometheus' text format 0.0.4, families and series in order of name.
  public func render() -> [UInt8] {
    let families = self.families.withLock { $0.values.sorted { $0.name < $1.name } }
    var out = ""
    for family in families { family.render(into: &out) }
    return Array(out.utf8)
  }

  private func family(
    _ name: String, _ help: String, _ kind: Family.Kind, _ labels: [String]
  ) -> Family {
    precondition(Self.isName(name), "not a metric's name: \(name)")
    precondition(
      labels.allSatisfy {
        Self.isName($0) && !$0.contains(":") && !$0.hasPrefix("__") && $0 != "le"
      },
      "not label names: \(labels)")
    return self.families.withLock { families in
      if let family = families[name] {
        precondition(
          family.kind == kind && family.labels == labels,
          "the metric \(name) is registered already, with another kind or other labels")
        return family
      }
      let family = Family(name: name, help: help, kind: kind, labels: labels)
      families[name] = family
      return family
    }
  }

  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`, as Prometheus wants it.
  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return text.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"):
        true
      default: false
      }
    }
  }
}
