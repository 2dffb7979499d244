internal import Protobuf
internal import ProtobufGenerator

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The plugin: protoc writes a request to standard input and reads the response from standard output.
@main
struct Plugin {
  /// Requests of more than this are not from protoc: the schemas of a whole company take some megabytes.
  private static let maxRequestBytes = 1 << 30

  static func main() {
    guard let input = self.readAll() else {
      return self.fail("cannot read the request from standard input; run me through protoc")
    }
    let response: ProtoCompilerCodeGeneratorResponse
    do throws(ProtoError) {
      // Schemas have many small messages: only the input's own size bounds them.
      let limits = ProtoLimits(maxBytes: Self.maxRequestBytes, maxMessages: .max)
      response = Generator.run(
        try ProtoCompilerCodeGeneratorRequest(decoding: input, limits: limits))
    } catch {
      response = .with { $0.error = "protoc-gen-verbatim-swift: the request is damaged: \(error)" }
    }
    if !self.send(response.encoded(), to: STDOUT_FILENO) {
      self.fail("cannot write the response to standard output")
    }
  }

  /// Standard input to its end; nil where reading fails.
  private static func readAll() -> [UInt8]? {
    var input: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while input.count <= Self.maxRequestBytes {
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count == 0 { return input }
      if count < 0 {
        if errno == EINTR { continue }
        return nil
      }
      input.append(contentsOf: chunk[..<count])
    }
    return nil
  }

  /// Whether all of it was written.
  private static func send(_ bytes: [UInt8], to file: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Ends with a fault that protoc cannot be told of in a response.
  private static func fail(_ message: String) {
    // Nobody is left to tell if this fails.
    _ = self.send(Array("protoc-gen-verbatim-swift: \(message)\n".utf8), to: STDERR_FILENO)
    exit(1)
  }
}
