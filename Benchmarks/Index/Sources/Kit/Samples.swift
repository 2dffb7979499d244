/// Measured times.
package struct Samples: Sendable {
  private var values: [Double] = []

  package init() {}

  package var count: Int { self.values.count }

  package mutating func add(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self.values.append(Double(seconds) * 1e3 + Double(attoseconds) * 1e-15)
  }

  package mutating func add(_ other: Samples) { self.values += other.values }

  /// In milliseconds; `share` 0.5 is the median.
  package func milliseconds(_ share: Double) -> Double {
    let sorted = self.values.sorted()
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
  }
}

extension Duration {
  package var seconds: Double {
    let (seconds, attoseconds) = self.components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}

extension Double {
  /// With `digits` behind the point.
  package func text(_ digits: Int, width: Int = 0) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = Int((self * scale).rounded())
    var text = String(rounded / Int(scale))
    if digits > 0 {
      let rest = String(rounded % Int(scale))
      text += "." + String(repeating: "0", count: digits - rest.count) + rest
    }
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
