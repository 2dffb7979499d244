internal import Networking

/// One connection of the load generator: it begins calls and tells their ends, and costs as little as it can, so that
/// what is measured is the server.
@NetworkActor
protocol LoadConnection: AnyObject {
  /// Told for each call that has ended: its number, and what was wrong with it.
  var onEnd: @NetworkActor (Int, String?) -> Void { get set }
  /// Messages of streams that have come.
  var messages: Int { get }
  /// Begins a call; calls are numbered from 0.
  func begin()
  func close()
}

/// What is called.
enum LoadMethod {
  static let service = "bench.Echo"
  /// What services of ours send with every call.
  static let metadata = [
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("x-tenant", "benchmark"),
  ]
  static let timeoutSeconds = 30

  /// The same message, answered.
  case unary(bytes: Int)
  /// So many messages of so many bytes.
  case stream(count: Int, bytes: Int)

  var name: String {
    switch self {
    case .unary: "Unary"
    case .stream: "Stream"
    }
  }

  /// A `google.protobuf.BytesValue`.
  var message: [UInt8] {
    switch self {
    case .unary(let bytes): Self.bytesValue([UInt8](repeating: 7, count: bytes))
    case .stream(let count, let bytes):
      Self.bytesValue(
        [UInt32(count), UInt32(bytes)].flatMap { number in
          withUnsafeBytes(of: number.bigEndian) { Array($0) }
        })
    }
  }

  /// Bytes of one response message.
  var responseBytes: Int {
    switch self {
    case .unary(let bytes), .stream(_, let bytes):
      Self.bytesValue([UInt8](repeating: 7, count: bytes)).count
    }
  }

  private static func bytesValue(_ bytes: [UInt8]) -> [UInt8] {
    var length: [UInt8] = []
    var rest = bytes.count
    while rest >= 0x80 {
      length.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    length.append(UInt8(rest))
    return [0x0a] + length + bytes
  }
}
