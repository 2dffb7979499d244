internal import Foundation
internal import Testing
internal import WireProtocol

/// One file of `proto-spec/vectors`; its README describes the format.
struct Vector: CustomTestStringConvertible {
  enum Step {
    case clientFrame([UInt8])
    case serverFrame([UInt8])
    case serverCloses
    case shutdown
    case gone
    case cancelled(StreamID)
    case call(CallShape, service: String, method: String, [UInt8])
    case send(StreamID, [UInt8])
    case end(StreamID)
    case cancel(StreamID)
    case told(StreamID, EchoClient.Told)
  }

  struct FormatError: Error { let line: String }

  let name: String
  private(set) var replay = ""
  private(set) var dialect = Dialect.plain
  private(set) var steps: [Step] = []

  var testDescription: String { self.name }
  var isForServer: Bool { self.replay != "client" }
  var isForClient: Bool { self.replay != "server" }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../proto-spec/vectors")

  /// All files, in order of name.
  static func all() throws -> [Vector] {
    try FileManager.default.contentsOfDirectory(atPath: self.folder.path)
      .filter { $0.hasSuffix(".vector") }.sorted().map {
        try Vector(
          name: $0, text: String(contentsOf: self.folder.appending(path: $0), encoding: .utf8))
      }
  }

  init(name: String, text: String) throws {
    self.name = name
    for line in text.split(separator: "\n") {
      let content = line.prefix { $0 != "#" }
      let words = content.split(separator: " ").map(String.init)
      guard let first = words.first else { continue }
      if content.hasPrefix(" ") {
        try self.continueFrame(words, line: String(line))
      } else {
        try self.begin(first, Array(words.dropFirst()), line: String(line))
      }
    }
  }

  private mutating func continueFrame(_ words: [String], line: String) throws {
    let bytes = try Self.bytes(words, line: line)
    switch self.steps.popLast() {
    case .clientFrame(let begun): self.steps.append(.clientFrame(begun + bytes))
    case .serverFrame(let begun): self.steps.append(.serverFrame(begun + bytes))
    default: throw FormatError(line: line)
    }
  }

  private mutating func begin(_ first: String, _ rest: [String], line: String) throws {
    switch (first, rest.count) {
    case ("replay", 1): self.replay = rest[0]
    case ("dialect", 1): self.dialect = rest[0] == "extended" ? .extended : .plain
    case ("client", 0): self.steps.append(.clientFrame([]))
    case ("server", 0): self.steps.append(.serverFrame([]))
    case ("server", 1) where rest[0] == "closes": self.steps.append(.serverCloses)
    case ("shutdown", 0): self.steps.append(.shutdown)
    case ("gone", 0): self.steps.append(.gone)
    case ("call", 3...):
      self.steps.append(
        .call(
          try Self.shape(rest[0], line: line), service: rest[1], method: rest[2],
          try Self.bytes(rest.dropFirst(3), line: line)))
    case ("cancelled", 1): self.steps.append(.cancelled(try Self.id(rest[0], line: line)))
    case ("cancel", 1): self.steps.append(.cancel(try Self.id(rest[0], line: line)))
    case ("end", 1): self.steps.append(.end(try Self.id(rest[0], line: line)))
    case ("send", 1...):
      self.steps.append(
        .send(
          try Self.id(rest[0], line: line), try Self.bytes(rest.dropFirst(), line: line)))
    case ("told", 2...):
      self.steps.append(
        .told(
          try Self.id(rest[0], line: line), try Self.told(Array(rest.dropFirst()), line: line)))
    default: throw FormatError(line: line)
    }
  }

  private static let codes: [String: Int32] = [
    "NOT_FOUND": 5, "RESOURCE_EXHAUSTED": 8, "UNIMPLEMENTED": 12, "INTERNAL": 13,
  ]

  private static func told(_ words: [String], line: String) throws -> EchoClient.Told {
    switch words[0] {
    case "metadata": return .metadata(words.dropFirst().joined(separator: " "))
    case "trailers": return .trailers(words.dropFirst().joined(separator: " "))
    case "message": return .message(try self.bytes(words.dropFirst(), line: line))
    case "OK":
      let bytes = try self.bytes(words.dropFirst(), line: line)
      return .success(bytes.isEmpty ? nil : bytes)
    default:
      guard let code = self.codes[words[0]] else { throw FormatError(line: line) }
      return .failure(code, words.dropFirst().joined(separator: " "))
    }
  }

  private static func shape(_ word: String, line: String) throws -> CallShape {
    switch word {
    case "unary": .unary
    case "server-streaming": .serverStreaming
    case "client-streaming": .clientStreaming
    case "bidirectional": .bidirectional
    default: throw FormatError(line: line)
    }
  }

  private static func id(_ word: String, line: String) throws -> StreamID {
    guard let number = UInt32(word) else { throw FormatError(line: line) }
    return StreamID(number)
  }

  /// `0a ff 00*3` is five bytes.
  private static func bytes(_ words: some Sequence<String>, line: String) throws -> [UInt8] {
    try words.flatMap { word in
      let parts = word.split(separator: "*")
      guard let byte = UInt8(parts[0], radix: 16) else { throw FormatError(line: line) }
      guard parts.count > 1 else { return [byte] }
      guard let count = Int(parts[1]) else { throw FormatError(line: line) }
      return [UInt8](repeating: byte, count: count)
    }
  }
}
