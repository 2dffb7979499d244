internal import RPC
internal import Networking
internal import Telemetry

/// The histograms of one method, by status code; looked up once each.
@NetworkActor
final class CallMetrics {
  private let method: String
  private let family: InstrumentFamily<Histogram>
  /// In the order of the codes' numbers, which have no gaps.
  private var histograms = [Histogram?](repeating: nil, count: RPCStatusCode.allCases.count)

  init(_ family: InstrumentFamily<Histogram>, method: String) {
    self.family = family
    self.method = method
  }

  func observe(_ duration: Duration, _ code: RPCStatusCode) {
    let index = Int(code.rawValue)
    if let histogram = self.histograms[index] {
      histogram.observe(duration)
    } else {
      let histogram = self.family.with(self.method, code.name)
      self.histograms[index] = histogram
      histogram.observe(duration)
    }
  }
}
