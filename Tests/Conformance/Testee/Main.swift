internal import Protobuf
internal import ProtobufJSON

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Answers protobuf's conformance runner: binary through generated code, JSON through the mapping.
///
/// The runner writes requests to standard input and reads responses from standard output, each with its length as
/// four bytes in front, little-endian. What is not of proto3, or text format, is skipped.
@main
struct Testee {
  private static let message = TestAllTypesProto3.protoName

  private let pool: DescriptorPool

  static func main() throws {
    let testee = Self(pool: try DescriptorPool([TestAllTypesProto3.protoFile]))
    while let head = Self.take(4) {
      let count = head.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
      guard let request = Self.take(count) else { return }
      let response = ConformanceResponse.with {
        $0.result = testee.answer(request)
      }.encoded()
      let length = (0..<4).map { UInt8(truncatingIfNeeded: response.count >> (8 * $0)) }
      guard Self.put(length + response) else { return }
    }
  }

  private func answer(_ bytes: [UInt8]) -> ConformanceResponse.ResultOneof {
    let request: ConformanceRequest
    do throws(ProtoError) {
      request = try ConformanceRequest(decoding: bytes)
    } catch {
      return .runtimeError("\(error)")
    }
    // The runner asks first which failures are known. None are.
    if request.messageType == FailureSet.protoName { return .protobufPayload([]) }
    guard request.messageType == Self.message else { return .skipped("only proto3") }
    let options = ProtoJSONOptions(
      ignoresUnknownNames: request.testCategory == .jsonIgnoreUnknownParsingTest)
    let message: TestAllTypesProto3
    do {
      switch request.payload {
      case .protobufPayload(let binary): message = try TestAllTypesProto3(decoding: binary)
      case .jsonPayload(let json):
        message = try TestAllTypesProto3(json: Array(json.utf8), self.pool, options: options)
      default: return .skipped("only binary and JSON")
      }
    } catch {
      return .parseError("\(error)")
    }
    switch request.requestedOutputFormat {
    case .protobuf: return .protobufPayload(message.encoded())
    case .json:
      do throws(ProtoJSONError) {
        let json = try message.json(self.pool, options: options)
        return .jsonPayload(String(decoding: json, as: UTF8.self))
      } catch {
        return .serializeError("\(error)")
      }
    default: return .skipped("only binary and JSON")
    }
  }

  // MARK: Pipes

  /// So many bytes of standard input; nil at its end.
  private static func take(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes[filled...].withUnsafeMutableBytes {
        read(STDIN_FILENO, $0.baseAddress, $0.count)
      }
      if got <= 0 { return nil }
      filled += got
    }
    return bytes
  }

  /// Whether standard output took all of it.
  private static func put(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        write(STDOUT_FILENO, $0.baseAddress, $0.count)
      }
      if count <= 0 { return false }
      sent += count
    }
    return true
  }
}
