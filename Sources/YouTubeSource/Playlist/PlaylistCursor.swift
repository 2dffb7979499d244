internal import JSON
internal import Transcripts

/// Where the next page of a playlist begins, and what is known by then. Travels as text in jobs and calls.
struct PlaylistCursor: Hashable, Sendable {
  /// A cursor is never longer, in bytes.
  static let maxBytes = 4096
  /// Pages of one playlist: 20,000 uploads of a channel are 200.
  static let maxPages = 2000
  /// Tokens of earlier pages that a new one is compared with, to notice a loop.
  static let maxRemembered = 128
  private static let maxTokenBytes = 2000
  private static let maxVisitorBytes = 400

  /// The playlist that is listed: a channel's name was resolved to its uploads.
  var playlist: String
  /// Of the page to ask for; the first has none.
  var token: String
  /// Number of the page to ask for, from 1 for the second page.
  var page: Int
  /// Items on all pages before.
  var seen: Int
  var statedTotal: Int?
  /// The guest session in which the listing began.
  var visitorData: String?
  /// The token was built here, not given by YouTube: the list ended before its stated total.
  var isGuess = false
  /// The token is the Data API's.
  var isDataAPI = false
  /// Hashes of the tokens so far.
  var hashes: [UInt32] = []

  /// The text form. Nil when it would be too long, which a well-formed answer never needs.
  var text: String? {
    guard self.token.utf8.count <= Self.maxTokenBytes else { return nil }
    var json = JSONWriter()
    json.object { json in
      json.member("v", 1)
      json.member("l", self.playlist)
      json.member("t", self.token)
      json.member("p", self.page)
      json.member("n", self.seen)
      if let total = self.statedTotal { json.member("s", total) }
      if let visitorData, visitorData.utf8.count <= Self.maxVisitorBytes {
        json.member("d", visitorData)
      }
      if self.isGuess { json.member("g", true) }
      if self.isDataAPI { json.member("a", true) }
      json.key("h")
      json.array { json in
        for hash in self.hashes.suffix(Self.maxRemembered) { json.integer(hash) }
      }
    }
    return json.bytes.count <= Self.maxBytes ? json.text : nil
  }

  init(playlist: String, token: String, page: Int, seen: Int) {
    self.playlist = playlist
    self.token = token
    self.page = page
    self.seen = seen
  }

  /// Reads the text form back.
  ///
  /// - Throws: ``FetchError`` (`malformed`): it is not a cursor of this version.
  init(_ text: String) throws(FetchError) {
    let limits = JSONLimits(maxBytes: Self.maxBytes, maxDepth: 4, maxNodes: 1024)
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument(parsing: text, limits: limits)
    } catch {
      throw Self.invalid
    }
    let root = JSONPlace(document.root)
    guard root["v"].integer == 1, let playlist = root["l"].string, let token = root["t"].string,
      let page = root["p"].integer, let seen = root["n"].integer,
      (1...Int64(Self.maxPages)).contains(page), (0...100_000_000).contains(seen),
      SourceID(canonical: playlist).map({ if case .playlist = $0 { true } else { false } }) == true
    else { throw Self.invalid }
    self.init(playlist: playlist, token: token, page: Int(page), seen: Int(seen))
    self.statedTotal = root["s"].integer.map { Int(clamping: $0) }
    self.visitorData = root["d"].string
    self.isGuess = root["g"].bool ?? false
    self.isDataAPI = root["a"].bool ?? false
    self.hashes = root["h"].elements.compactMap { $0.integer.flatMap(UInt32.init(exactly:)) }
  }

  private static let invalid = FetchError(
    .malformed, "the cursor of the playlist is not valid; begin again without one")

  /// FNV-1a: the same in every process, unlike Swift's own hashes.
  static func hash(_ token: String) -> UInt32 {
    token.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}
