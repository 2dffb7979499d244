import HTTPServer
import JSON
import Networking
import Testing

@testable import Simulator

@Suite("Simulated player and captions")
@NetworkActor
struct PlayerTests {
  @Test("The sample videos are playable and every track has captions in every format")
  func samples() async throws {
    let lab = Lab()
    for id in ["vbTalk1-001", "vbTalk2-030", "vbTalk3-001", "vbTalk3-005"] {
      let reply = await lab.player(id)
      #expect(reply.playability == "OK")
      #expect(!reply.tracks.isEmpty)
      for track in reply.tracks {
        let url = try #require(track["baseUrl"]?.string)
        for format in ["json3", "srv1", "srv3", "vtt"] {
          let captions = await lab.get(url, to: format)
          #expect(captions.status == 200)
          #expect(captions.bytes.count > 2000)
        }
        let json = try #require(await lab.get(url).json)
        #expect(json["wireMagic"]?.string == "pb3")
      }
    }
  }

  @Test("What is said stays what it is in each format")
  func sameText() async throws {
    let lab = Lab()
    let tracks = await lab.player("vbTalk1-001").tracks
    let manual = try #require(tracks.first { $0["kind"] == nil }?["baseUrl"]?.string)
    let json = try #require(await lab.get(manual).json?["events"])
    let texts = json.elements.compactMap { $0["segs"]?[0]?["utf8"]?.string }
    let sentence = texts.prefix(2).joined(separator: " ")
    #expect(sentence == "Good evening, and thank you for coming out on such a cold night.")
    let vtt = await lab.get(manual, to: "vtt").text
    #expect(vtt.contains(texts[0]))
  }

  @Test("The quick start's search has something to find, in manual and generated captions")
  func milkyWay() async throws {
    let lab = Lab()
    let tracks = await lab.player("vbTalk1-001").tracks
    #expect(tracks.count == 2)
    for track in tracks {
      let url = try #require(track["baseUrl"]?.string)
      let events = try #require(await lab.get(url).json?["events"])
      let words = events.elements.flatMap { $0["segs"].map { Array($0.elements) } ?? [] }
        .compactMap { $0["utf8"]?.string }.joined(separator: " ").lowercased()
      let text = words.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(text.contains("milky way"))
    }
  }

  @Test("Generated captions have word offsets and blank append events between the lines")
  func generated() async throws {
    let lab = Lab()
    let tracks = await lab.player("vbTalk1-002").tracks
    let url = try #require(tracks.first { $0["kind"]?.string == "asr" }?["baseUrl"]?.string)
    let events = Array(try #require(await lab.get(url).json?["events"]).elements)
    #expect(events[0]["segs"] == nil)
    #expect(events[1]["segs"]?[1]?["tOffsetMs"]?.int ?? 0 > 0)
    #expect(events[2]["aAppend"]?.int == 1)
    #expect(events[2]["segs"]?[0]?["utf8"]?.string == "\n")
  }

  nonisolated static let refusals: [(String, String)] = [
    ("sim-private", "LOGIN_REQUIRED: This video is private"),
    ("sim-deleted", "ERROR: This video has been removed by the uploader"),
    ("sim-age_old", "LOGIN_REQUIRED: This video may be inappropriate for some users."),
    ("sim-premium", "UNPLAYABLE: This video is only available to Music Premium members"),
    ("sim-geo_off", "UNPLAYABLE: The uploader has not made this video available in your country"),
    ("sim-upcomin", "LIVE_STREAM_OFFLINE: This live event will begin in 3 hours."),
    ("simAAAAAAAA", "ERROR: This video is unavailable"),
    ("dQw4w9WgXcQ", "ERROR: This video is unavailable"),
  ]

  @Test("Each special video is refused in YouTube's words", arguments: refusals)
  func refusal(id: String, says: String) async {
    #expect(await Lab().player(id).playability == says)
  }

  @Test("Videos for children play with ANDROID and not with VISIONOS")
  func madeForKids() async {
    let lab = Lab()
    #expect(await lab.player("sim-forkids").playability == "OK")
    let other = await lab.player("sim-forkids", client: "VISIONOS")
    #expect(other.playability == "UNPLAYABLE: This video is not available")
  }

  @Test("A video without captions has no captions member, and a wrong one names another video")
  func others() async {
    let lab = Lab()
    #expect(await lab.player("sim-no_caps").json?["captions"] == nil)
    #expect(
      await lab.player("sim-another").json?["videoDetails"]?["videoId"]?.string != "sim-another")
  }

  @Test("Withheld tracks, and all tracks of WEB, are empty without a token")
  func withheld() async throws {
    let lab = Lab()
    for (id, client) in [("sim-withhel", "ANDROID"), ("vbTalk1-001", "WEB")] {
      let url = try #require(await lab.player(id, client: client).tracks.first?["baseUrl"]?.string)
      #expect(url.contains("exp=xpe"))
      let reply = await lab.get(url)
      #expect(reply.status == 200)
      #expect(reply.bytes.isEmpty)
      #expect(reply.headers["Content-Type"]?.hasPrefix("text/html") ?? false)
      #expect(await lab.get(url, setting: "pot", to: "token").bytes.count > 1000)
    }
  }

  @Test(
    "An address whose signed part was changed is refused",
    arguments: ["signature", "expire", "v", "ei", "exp", "caps"])
  func signature(parameter: String) async throws {
    let lab = Lab()
    let url = try #require(await lab.player("vbTalk1-001").tracks.first?["baseUrl"]?.string)
    #expect(await lab.get(url, setting: parameter, to: "123").status == 403)
  }

  @Test("An address expires after seven hours")
  func expiry() throws {
    let addresses = TrackAddress(seed: 1)
    let client = try #require(InnerTubeClient(name: "ANDROID", version: "21"))
    let track = SimulatedTrack("en", automatic: true)
    let url = addresses.url(video: "x", track: track, client: client, now: 1000, withheld: false)
    var query: [String: String] = [:]
    for pair in url.split(separator: "?")[1].split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      query[String(parts[0])] = String(parts[1])
    }
    #expect(addresses.refusal(query: { query[$0] }, now: 1000 + 7 * 3600) == nil)
    #expect(addresses.refusal(query: { query[$0] }, now: 1001 + 7 * 3600) == .expired)
    #expect(TrackAddress(seed: 2).refusal(query: { query[$0] }, now: 1000) == .badSignature)
  }

  @Test("Requests that YouTube would not take are refused")
  func badRequests() async {
    let lab = Lab()
    #expect(
      await lab.post("/youtubei/v1/player", client: "TEAPOT", #""videoId":"x""#).status == 400)
    #expect(await lab.post("/youtubei/v1/player", #""video":"x""#).status == 400)
    let old = await lab.post("/youtubei/v1/player", version: "17.1", #""videoId":"vbTalk1-001""#)
    #expect(old.status == 400)
    #expect(old.text.contains("Precondition check failed"))
    let get = await lab.get("/youtubei/v1/player")
    #expect(get.status == 405)
    #expect(await lab.get("/nowhere").status == 404)
  }

  @Test("Fields that are not asked for are left out")
  func fields() async {
    let reply = await Lab().player(
      "vbTalk1-001", query: "prettyPrint=false&$fields=playabilityStatus,captions/x,videoDetails")
    let names = reply.json?.members.map(\.name)
    #expect(names == ["playabilityStatus", "captions", "videoDetails"])
  }

  @Test("The same seed gives the same bytes, another seed other words")
  func determinism() async throws {
    let id = SyntheticVideoID(series: 7, index: 3).text
    func captions(_ seed: UInt64) async throws -> [UInt8] {
      let lab = Lab(seed: seed)
      let url = try #require(await lab.player(id).tracks.first?["baseUrl"]?.string)
      return await lab.get(url).bytes
    }
    let first = try await captions(1)
    #expect(try await captions(1) == first)
    #expect(try await captions(2) != first)
  }

  @Test("Each synthetic video says its three rare words, and no other video does")
  func rareWords() {
    let speech = SyntheticSpeech(seed: 1, minutes: 1...2)
    var seen: Set<String> = []
    for index in 0..<2000 {
      let words = speech.rareWords(of: SyntheticVideoID(series: 1, index: index))
      for word in words { #expect(seen.insert(word).inserted) }
    }
    let video = SyntheticVideoID(series: 1, index: 9)
    let said = speech.sentences(of: video, language: "en").flatMap { sentence in
      sentence.words.map { sentence.text($0.written) }
    }
    .joined(separator: " ")
    for word in speech.rareWords(of: video) { #expect(said.contains(word)) }
  }
}
