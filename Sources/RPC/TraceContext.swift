/// A W3C trace context, as it travels under `traceparent`: `00-TRACE-SPAN-FLAGS`.
public struct TraceContext: Sendable, Hashable {
  /// What binds all spans of one request together; not 0.
  public var traceID: (high: UInt64, low: UInt64) { (self.traceHigh, self.traceLow) }
  /// This step of the request; not 0.
  public let spanID: UInt64
  /// Whether spans are to be recorded.
  public let isSampled: Bool
  private let traceHigh: UInt64
  private let traceLow: UInt64

  private init(_ high: UInt64, _ low: UInt64, _ spanID: UInt64, isSampled: Bool) {
    self.traceHigh = high
    self.traceLow = low
    self.spanID = spanID
    self.isSampled = isSampled
  }

  /// Begins a trace.
  public static func root(isSampled: Bool) -> TraceContext {
    TraceContext(.random(in: .min ... .max), Self.newID(), Self.newID(), isSampled: isSampled)
  }

  private static func newID() -> UInt64 { .random(in: 1 ... .max) }

  /// A step within this one.
  public func child() -> TraceContext {
    TraceContext(self.traceHigh, self.traceLow, Self.newID(), isSampled: self.isSampled)
  }

  /// Reads a `traceparent`. Nil for anything that the recommendation (Trace Context, §3.2) does not allow: a new trace begins then.
  public init?(_ traceparent: String) {
    let bytes = Array(traceparent.utf8)
    // Later versions may be longer; what is known of them stands at the same places.
    guard bytes.count >= 55, bytes[2] == Self.dash, bytes[35] == Self.dash, bytes[52] == Self.dash,
      let version = Self.number(bytes[0..<2]), version != 0xff,
      version == 0 ? bytes.count == 55 : bytes.count == 55 || bytes[55] == Self.dash,
      let high = Self.number(bytes[3..<19]), let low = Self.number(bytes[19..<35]),
      let span = Self.number(bytes[36..<52]), let flags = Self.number(bytes[53..<55]),
      high | low != 0, span != 0
    else { return nil }
    self.init(high, low, span, isSampled: flags & 1 == 1)
  }

  /// As it travels.
  public var traceparent: String {
    "00-\(Self.hex(self.traceHigh))\(Self.hex(self.traceLow))-\(Self.hex(self.spanID))-0\(self.isSampled ? 1 : 0)"
  }

  /// The trace's id in 32 digits, for logs.
  public var traceIDText: String { Self.hex(self.traceHigh) + Self.hex(self.traceLow) }
  /// The span's id in 16 digits.
  public var spanIDText: String { Self.hex(self.spanID) }

  private static let dash = UInt8(ascii: "-")

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Lower case only, as the recommendation has it.
  private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"):
        number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return number
  }
}
