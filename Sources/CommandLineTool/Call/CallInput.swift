/// The requests of a call, one JSON value after another: from the command line, a file, or standard input as it comes.
actor CallInput {
  /// Larger than any request, whose binary form is 4 MiB at most.
  static let maxValueBytes = 64 << 20

  private var splitter = JSONSplitter()
  private let readMore: @Sendable () async -> [UInt8]?
  private var hasEnded = false

  private init(_ readMore: @escaping @Sendable () async -> [UInt8]?) { self.readMore = readMore }

  /// - Parameter text: JSON, `@FILE`, `@-` or `-`. Nil: no requests.
  /// - Throws: ``ToolError`` that names a file that cannot be read.
  static func from(_ text: String?, _ context: CommandContext) async throws(ToolError) -> CallInput
  {
    guard let text else { return CallInput { nil } }
    if text == "-" || text == "@-" { return CallInput(context.readInput) }
    let content: String
    if text.hasPrefix("@") {
      let path = String(text.dropFirst())
      do {
        content = try context.readFile(path)
      } catch {
        throw ToolError(
          .usage, "--data \(text): \(error)",
          remedy: "write -d JSON, -d @FILE with a file that can be read, or -d - for standard input"
        )
      }
    } else {
      content = text
    }
    let input = CallInput { nil }
    await input.append(Array(content.utf8))
    return input
  }

  /// The next request; nil: there are no more.
  func next() async throws(ToolError) -> [UInt8]? {
    while true {
      if let value = self.splitter.next() { return value }
      guard !self.hasEnded, let more = await self.readMore() else {
        self.hasEnded = true
        return self.splitter.finish()
      }
      self.append(more)
      guard self.splitter.waitingBytes <= Self.maxValueBytes else {
        throw ToolError(
          .usage, "a request has more than \(Self.maxValueBytes >> 20) MiB",
          remedy: "a message has 4 MiB at most; is a quote or bracket missing?")
      }
    }
  }

  private func append(_ bytes: [UInt8]) { self.splitter.append(bytes) }
}
