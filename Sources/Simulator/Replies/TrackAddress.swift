/// Signs the addresses of caption tracks and checks them again, in the way of YouTube's: the signature covers what
/// `sparams` lists, so `fmt` and `tlang` may be set freely, and it expires.
struct TrackAddress: Sendable {
  /// Recorded addresses expire 7 h after the player's reply.
  static let lifetimeSeconds: Int64 = 7 * 3600

  enum Refusal: Equatable {
    case badSignature
    case expired
  }

  private let seed: UInt64

  init(seed: UInt64) { self.seed = seed }

  /// The address of `track` of the video `id`.
  ///
  /// - Parameters:
  ///   - now: Seconds since 1970.
  ///   - withheld: Adds `exp=xpe`, which makes the reply empty without a PO token.
  func url(
    video id: String, track: SimulatedTrack, client: InnerTubeClient, now: Int64, withheld: Bool
  ) -> String {
    let expire = now + Self.lifetimeSeconds
    let exp = withheld ? "xpe" : nil
    let ei = self.digest(["ei", id, "\(expire)"], bytes: 8)
    var url = "https://www.youtube.com/api/timedtext?v=\(id)&ei=\(ei)&caps=asr&opi=112496729"
    if let exp { url += "&exp=\(exp)" }
    url += "&xoaf=5&hl=en&ip=0.0.0.0&ipbits=0&expire=\(expire)"
    url += "&sparams=ip,ipbits,expire,v,ei,caps,opi,\(exp == nil ? "" : "exp,")xoaf"
    url += "&signature=\(self.signature(video: id, ei: ei, expire: "\(expire)", exp: exp))&key=yt8"
    if track.isAutomatic { url += "&kind=asr" }
    url += "&lang=\(track.languageCode)"
    if client.namesFormat { url += "&fmt=srv3" }
    return url
  }

  /// Nil when the request may be answered.
  func refusal(query: (String) -> String?, now: Int64) -> Refusal? {
    guard let video = query("v"), let ei = query("ei"), let expire = query("expire"),
      let signature = query("signature"), let expiry = Int64(expire),
      query("caps") == "asr", query("xoaf") == "5", query("key") == "yt8",
      signature == self.signature(video: video, ei: ei, expire: expire, exp: query("exp"))
    else { return .badSignature }
    return expiry < now ? .expired : nil
  }

  private func signature(video: String, ei: String, expire: String, exp: String?) -> String {
    let parts = [video, ei, expire, exp ?? ""]
    return self.digest(["a"] + parts, bytes: 20) + "." + self.digest(["b"] + parts, bytes: 20)
  }

  /// Not cryptography: it only has to tell a copied address from an invented one.
  private func digest(_ parts: [String], bytes: Int) -> String {
    var hash = StableHash(self.seed)
    for part in parts { hash.combine(part) }
    var random = SeededGenerator(hash.value)
    var digits = ""
    while digits.utf8.count < bytes * 2 {
      let word = String(random.next(), radix: 16, uppercase: true)
      digits += String(repeating: "0", count: 16 - word.utf8.count) + word
    }
    return String(digits.prefix(bytes * 2))
  }
}
