internal import JSON

/// The members of an InnerTube request that decide its answer.
struct RequestFields {
  private static let limits = JSONLimits(maxBytes: 1 << 20, maxDepth: 32, maxNodes: 20_000)

  let client: InnerTubeClient?
  let videoID: String?
  let browseID: String?
  let continuation: String?
  let url: String?

  /// Nil when `body` is not a JSON object with a context.
  init?(_ body: [UInt8]) {
    // Why it cannot be read does not matter: YouTube says only "invalid argument" too.
    guard let document = try? JSONDocument(parsing: body, limits: Self.limits),
      let context = document.root["context"]
    else { return nil }
    let root = document.root
    let client = context["client"]
    self.client = InnerTubeClient(
      name: client?["clientName"]?.string, version: client?["clientVersion"]?.string)
    self.videoID = root["videoId"]?.string ?? root["playerRequest"]?["videoId"]?.string
    self.browseID = root["browseId"]?.string
    self.continuation = root["continuation"]?.string
    self.url = root["url"]?.string
  }
}
