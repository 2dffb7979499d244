public import Protobuf

extension ProtoTimestamp {
  /// - Parameter milliseconds: Since 1970; may be negative.
  public init(milliseconds: Int64) {
    self.init()
    // Nanoseconds count forward from the second, before 1970 too (timestamp.proto).
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    self.seconds = rest < 0 ? seconds - 1 : seconds
    self.nanos = Int32(rest < 0 ? rest + 1000 : rest) * 1_000_000
  }

  /// Milliseconds since 1970, rounded down; brought into the range of the type.
  public var milliseconds: Int64 {
    let (product, overflow) = self.seconds.multipliedReportingOverflow(by: 1000)
    guard !overflow else { return self.seconds < 0 ? .min : .max }
    let (sum, carried) = product.addingReportingOverflow(Int64(self.nanos / 1_000_000))
    return carried ? (self.seconds < 0 ? .min : .max) : sum
  }
}
