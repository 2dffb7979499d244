internal import ProtobufGenerator
internal import Protobuf

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

@main
struct Plugin {
  static func main() throws {
    var input: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let n = read(0, &chunk, chunk.count)
      if n <= 0 { break }
      input.append(contentsOf: chunk[..<n])
    }
    let request = try ProtoCompilerCodeGeneratorRequest(decoding: input)
    let output = Generator.run(request).encoded()
    var sent = 0
    while sent < output.count {
      let n = output.withUnsafeBytes { write(1, $0.baseAddress! + sent, $0.count - sent) }
      guard n > 0 else { exit(1) }
      sent += n
    }
  }
}
