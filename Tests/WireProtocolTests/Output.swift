internal import WireProtocol

/// Frames that were written, as bytes: `FrameEncoder` for code that copies its state.
struct Output {
  private(set) var bytes: [UInt8] = []
  var limits = WireLimits()

  mutating func take() -> [UInt8] {
    defer { self.bytes = [] }
    return self.bytes
  }

  mutating func drop(_ count: Int) { self.bytes.removeFirst(min(count, self.bytes.count)) }

  mutating func request(_ request: Request, _ flags: FrameFlags, _ id: StreamID) {
    self.encode { encoder throws(WireError) in
      try encoder.request(request, flags: flags, on: id)
    }
  }

  mutating func response(_ message: [UInt8], _ id: StreamID) {
    self.encode { encoder throws(WireError) in try encoder.response(message, on: id) }
  }

  mutating func status(_ status: Status, _ id: StreamID) {
    self.encode { encoder throws(WireError) in encoder.response(status, on: id) }
  }

  mutating func data(_ message: [UInt8], _ id: StreamID) {
    self.encode { encoder throws(WireError) in try encoder.data(message, on: id) }
  }

  mutating func endOfStream(_ id: StreamID) {
    self.encode { encoder throws(WireError) in encoder.endOfData(on: id) }
  }

  mutating func response(_ response: Response, _ id: StreamID) {
    self.encode { encoder throws(WireError) in try encoder.response(response, on: id) }
  }

  mutating func cancel(_ id: StreamID) {
    self.encode { encoder throws(WireError) in encoder.cancel(on: id) }
  }

  mutating func settings(_ settings: Settings) {
    self.encode { encoder throws(WireError) in encoder.settings(settings) }
  }

  mutating func window(_ increment: UInt32?, _ id: StreamID) {
    guard let increment else { return }
    self.encode { encoder throws(WireError) in encoder.window(increment, on: id) }
  }

  mutating func ping(_ number: UInt64) {
    self.encode { encoder throws(WireError) in encoder.ping(number) }
  }

  mutating func pong(_ number: UInt64) {
    self.encode { encoder throws(WireError) in encoder.pong(number) }
  }

  mutating func goAway(_ goAway: GoAway?) {
    guard let goAway else { return }
    self.encode { encoder throws(WireError) in encoder.goAway(goAway) }
  }

  mutating func leadingMetadata(_ metadata: [KeyValue], _ id: StreamID) {
    self.encode { encoder throws(WireError) in try encoder.leadingMetadata(metadata, on: id) }
  }

  private mutating func encode(_ write: (inout FrameEncoder) throws(WireError) -> Void) {
    var encoder = FrameEncoder(limits: self.limits)
    do {
      try write(&encoder)
    } catch {
      preconditionFailure("tests send what fits: \(error)")
    }
    encoder.drain { self.bytes += $0 }
  }
}
