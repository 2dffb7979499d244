internal import RPC
internal import Networking
internal import Telemetry

/// The histograms of one method, by status code; looked up once each.
@NetworkActor
final class CallMetrics {
  private let method: String
  private let family: InstrumentFamily<Histogram>
  private var histograms: [RPCStatusCode: Histogram] = [:]

  init(_ family: InstrumentFamily<Histogram>, method: String) {
    self.family = family
    self.method = method
  }

  func observe(_ duration: Duration, _ code: RPCStatusCode) {
    if let histogram = self.histograms[code] {
      histogram.observe(duration)
    } else {
      let histogram = self.family.with(self.method, code.name)
      self.histograms[code] = histogram
      histogram.observe(duration)
    }
  }
}
