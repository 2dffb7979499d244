import TestRandom
import Testing

@testable import HTTPClient

@Suite("HTTP/2 without a connection")
struct HTTP2SessionTests {
  @Test("Random and damaged frames neither crash nor give a response that nobody sent")
  func random() throws {
    var random = SeededRandom(seed: 11)
    let target = try #require(HTTPSTarget("https://localhost/"))
    // SETTINGS; HEADERS of stream 1: 200, content-length 4; DATA: "body"; END_STREAM.
    let good: [UInt8] =
      [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5, 1, 4, 0, 0, 0, 1, 0x88, 0x0F, 0x0D, 1, 0x34]
      + [0, 0, 4, 0, 1, 0, 0, 0, 1] + Array("body".utf8)
    for round in 0..<20_000 {
      let session = try HTTP2Session(maxHeaderBytes: 1000)
      let received = ReceivedResponse()
      (received.maxBodyBytes, received.maxHeaderBytes) = (1000, 1000)
      _ = try session.submit(
        .init(method: "GET", target: target, headers: []), body: [], received: received)
      var out: [UInt8] = []
      try session.takeOutput(into: &out, limit: 1 << 20)
      var bytes = good
      if round > 0 {
        for _ in 0...random.below(3) {
          bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
        }
        if round % 7 == 0 { bytes.removeLast(random.below(bytes.count)) }
      }
      do {
        try bytes.withUnsafeBytes { try session.receive($0) }
        try session.takeOutput(into: &out, limit: 1 << 20)
      } catch let error as HTTPClientError {
        #expect(error.code == .interrupted)
      }
      let endings = session.takeEndings()
      #expect(endings.count <= 1)
      if endings.first?.1 == .complete { #expect(received.body.count == 4) }
      if round == 0 { #expect(endings.first?.1 == .complete && endings.first?.status == 200) }
    }
  }

  @Test(
    "URLs are taken apart as HTTP/2 says them",
    arguments: [
      ("https://a.example/b?c#d", "a.example", "/b?c"), ("https://A.example", "a.example", "/"),
      ("https://a.example:443/", "a.example", "/"),
      ("https://a.example:8443?q", "a.example:8443", "/?q"),
      ("https://[::1]:1/x", "[::1]:1", "/x"), ("https://a.example#f", "a.example", "/"),
    ])
  func targets(url: String, authority: String, path: String) throws {
    let target = try #require(HTTPSTarget(url))
    #expect(target.authority == authority)
    #expect(target.path == path)
  }

  @Test(
    "What is left to libcurl",
    arguments: ["http://a.example/", "https://u:p@a.example/", "https:///x", "https://", ""])
  func noTargets(url: String) { #expect(HTTPSTarget(url) == nil) }
}
