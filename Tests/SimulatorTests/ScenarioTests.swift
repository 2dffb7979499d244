import Foundation
import HTTPServer
import JSON
import Networking
import Testing

@testable import Simulator

@Suite("Behaviour of the simulator")
@NetworkActor
struct ScenarioTests {
  @Test("Latency repeats for the same request and has the median it was given")
  func latency() {
    var scenario = Scenario()
    scenario.defaultLatency = .init(medianMilliseconds: 350, sigma: 0.35)
    let times = (0..<4001).map {
      Dice(seed: 1, path: .player, subject: "v\($0)", attempt: 1).latency(scenario)
    }
    #expect(times[5] == Dice(seed: 1, path: .player, subject: "v5", attempt: 1).latency(scenario))
    #expect(times[5] != Dice(seed: 1, path: .player, subject: "v5", attempt: 2).latency(scenario))
    let median = times.sorted()[2000]
    #expect(median > .milliseconds(335) && median < .milliseconds(365))
    let spread = times.filter { $0 > .milliseconds(350 * 1.419) }.count
    // One deviation above the median: 15.9 % of a log-normal distribution.
    #expect(spread > 540 && spread < 730)
  }

  @Test("The scenario of the README is one")
  func readme() throws {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: package.appendingPathComponent("Sources/Simulator/README.md"), encoding: .utf8)
    let begin = try #require(text.firstRange(of: "```json\n")).upperBound
    let end = try #require(text[begin...].firstRange(of: "```")).lowerBound
    let scenario = try Scenario(json: Array(text[begin..<end].utf8))
    #expect(scenario.latency[.player]?.tailFactor == 5)
    #expect(scenario.rules.count == 2)
    #expect(scenario.cap?.maxRequests == 900)
    #expect(scenario.videoShares["private"] == 0.01)
  }

  @Test("Errors strike as often as they should, the same requests every time")
  func errorRate() {
    var scenario = Scenario()
    scenario.rules = [.init(.serverError, probability: 0.1, path: .player)]
    func struck() -> [Bool] {
      (0..<2000).map {
        Dice(seed: 3, path: .player, subject: "v\($0)", attempt: 1)
          .rule(scenario, identity: "x") != nil
      }
    }
    let first = struck()
    #expect(first == struck())
    #expect((150...250).contains(first.filter { $0 }.count))
    #expect(
      Dice(seed: 3, path: .browse, subject: "v", attempt: 1).rule(scenario, identity: "x") == nil)
  }

  @Test("A rule for the first attempt lets the second pass")
  func attempts() async {
    var scenario = Scenario()
    scenario.rules = [.init(.throttled, attempts: 1, retryAfterSeconds: 7)]
    let lab = Lab(scenario: scenario)
    let first = await lab.player("vbTalk1-001")
    #expect(first.status == 429)
    #expect(first.headers["Retry-After"] == "7")
    #expect(await lab.player("vbTalk1-001").playability == "OK")
    lab.youTube.reset()
    #expect(await lab.player("vbTalk1-001").status == 429)
  }

  @Test("Each fault looks as YouTube's does")
  func faults() async {
    func reply(_ fault: Scenario.Fault) async -> Reply {
      var scenario = Scenario()
      scenario.rules = [.init(fault)]
      return await Lab(scenario: scenario).player("vbTalk1-001")
    }
    #expect(await [500, 502, 503, 504].contains(reply(.serverError).status))
    #expect(
      await reply(.botCheck).playability == "LOGIN_REQUIRED: Sign in to confirm you’re not a bot")
    #expect(await reply(.tryAgainLater).playability.contains("try again later"))
    #expect(await reply(.empty).bytes.isEmpty)
    #expect(await reply(.captcha).status == 429)
    #expect(await reply(.forbidden).status == 403)
    #expect(await reply(.clientOutdated).status == 400)
    #expect(await reply(.isPrivate).playability == "LOGIN_REQUIRED: This video is private")
    #expect(await reply(.noCaptions).tracks.isEmpty)
    #expect(await reply(.quotaExceeded).playability == "OK")
    let truncated = await reply(.truncated)
    #expect(truncated.status == 200)
    #expect(truncated.bytes.count > 100)
    #expect(truncated.json == nil)
    let reset = await reply(.reset)
    #expect(reset.isCut && reset.playability == "OK")
    let wrong = await reply(.wrongVideo)
    #expect(wrong.json?.at("videoDetails.videoId")?.string != "vbTalk1-001")
  }

  @Test("A rule for one video strikes no other")
  func subject() async {
    var scenario = Scenario()
    scenario.rules = [.init(.deleted, subject: "vbTalk1-001")]
    let lab = Lab(scenario: scenario)
    #expect(await lab.player("vbTalk1-001").playability.hasPrefix("ERROR"))
    #expect(await lab.player("vbTalk1-002").playability == "OK")
  }

  @Test("The Data API lists what the web site leaves out, and turns down what YouTube does")
  func dataAPI() async throws {
    let lab = Lab()
    func get(_ call: String, _ query: String) async -> Reply {
      Reply(
        await lab.youTube.answer(
          HTTPRequest(path: "/youtube/v3/\(call)", query: query), identity: "me"))
    }
    var ids: [String] = []
    var token = ""
    repeat {
      let page = await get(
        "playlistItems", "playlistId=PLsimS000120-00001&maxResults=50&key=AIzaX\(token)")
      #expect(page.json?.at("pageInfo.totalResults")?.int == 120)
      ids +=
        page.json?["items"]?.elements.compactMap { $0.at("contentDetails.videoId")?.string } ?? []
      token = page.json?["nextPageToken"]?.string.map { "&pageToken=\($0)" } ?? ""
    } while !token.isEmpty
    #expect(Set(ids).count == 120)
    #expect(
      await get("playlists", "id=PLsimS000120-00001&key=AIzaX").json?.at("items.0.snippet.title")?
        .string == "Simulated series 1")
    #expect(await get("playlistItems", "playlistId=PLsimS000120-00001&key=mine").status == 400)
    #expect(await get("playlistItems", "playlistId=PLnobody&key=AIzaX").status == 404)
    #expect(await get("search", "q=x&key=AIzaX").status == 400)
    lab.youTube.scenario.rules = [.init(.quotaExceeded, path: .dataAPI)]
    let spent = await get("playlistItems", "playlistId=PLsimS000120-00001&key=AIzaX")
    #expect(spent.status == 403)
    #expect(spent.json?.at("error.errors.0.reason")?.string == "quotaExceeded")
  }

  @Test("An identity that asks too much is told to come back later, another is served")
  func cap() async {
    var scenario = Scenario()
    scenario.cap = .init(maxRequests: 2, fault: .tryAgainLater)
    let lab = Lab(scenario: scenario)
    func ask(_ identity: String) async -> String {
      await lab.post(
        "/youtubei/v1/player", #""videoId":"vbTalk1-001""#, identity: identity
      ).playability
    }
    #expect(await ask("a") == "OK")
    #expect(await ask("a") == "OK")
    #expect(await ask("a").contains("try again later"))
    #expect(await ask("b") == "OK")
  }

  @Test("A share of the synthetic videos is private, always the same ones")
  func shares() async {
    var scenario = Scenario()
    scenario.videoShares = ["private": 0.2, "no-captions": 0.1]
    let lab = Lab(scenario: scenario)
    func kinds() -> [SimulatedVideo.Availability?] {
      (0..<1000).map {
        lab.youTube.catalog.video(SyntheticVideoID(series: 1, index: $0).text)?.availability
      }
    }
    let first = kinds()
    #expect(first == kinds())
    #expect((150...250).contains(first.filter { $0 == .isPrivate }.count))
    #expect((60...140).contains(first.filter { $0 == .noCaptions }.count))
  }

  @Test("A scenario in JSON is read whole")
  func json() throws {
    let text = #"""
      {"latency": {"default": {"medianMilliseconds": 1500}, "timedtext": {"medianMilliseconds": 5, "sigma": 0.5}},
       "rules": [{"fault": "throttled", "probability": 0.5, "path": "player", "attempts": 2,
                  "identity": "a", "retryAfterSeconds": 3}],
       "cap": {"maxRequests": 9, "windowSeconds": 60, "fault": "bot-check"},
       "videoShares": {"deleted": 0.25}}
      """#
    let scenario = try Scenario(json: Array(text.utf8))
    var expected = Scenario()
    expected.defaultLatency = .init(medianMilliseconds: 1500)
    expected.latency = [.timedText: .init(medianMilliseconds: 5, sigma: 0.5)]
    expected.rules = [
      .init(
        .throttled, probability: 0.5, path: .player, attempts: 2, identity: "a",
        retryAfterSeconds: 3)
    ]
    expected.cap = .init(maxRequests: 9, windowSeconds: 60, fault: .botCheck)
    expected.videoShares = ["deleted": 0.25]
    #expect(scenario == expected)
  }

  @Test(
    "A mistake in a scenario is named",
    arguments: [
      ("[]", "JSON object"), ("{", "not JSON"), (#"{"speed":1}"#, "speed"),
      (#"{"latency":{"page":1}}"#, "latency.page"), (#"{"latency":{"x":{}}}"#, "timedtext"),
      (#"{"rules":[{"fault":"fire"}]}"#, "rules.fault"),
      (#"{"rules":[{"fault":"hang","probability":2}]}"#, "from 0 to 1"),
      (#"{"cap":{}}"#, "maxRequests"), (#"{"videoShares":{"private":1.5}}"#, "at most 1"),
    ])
  func jsonMistakes(text: String, names: String) {
    #expect {
      _ = try Scenario(json: Array(text.utf8))
    } throws: {
      "\($0)".contains(names)
    }
  }

  @Test("The ledger keeps the newest requests and forgets on demand")
  func ledger() {
    var ledger = Ledger()
    for number in 0..<(Ledger.maxEntries + 5) {
      let attempt = ledger.begin(.player, "v", identity: "i\(number % 2)")
      #expect(attempt == number + 1)
      ledger.end(
        .init(
          milliseconds: Int64(number), identity: "i\(number % 2)", path: .player, subject: "v",
          attempt: attempt, status: 200))
    }
    #expect(ledger.entries.count == Ledger.maxEntries)
    #expect(ledger.newest(2, identity: nil).map(\.milliseconds) == [20_003, 20_004])
    #expect(ledger.newest(1, identity: "i1").map(\.milliseconds) == [20_003])
    ledger.reset()
    #expect(ledger.newest(10, identity: nil).isEmpty)
    #expect(ledger.begin(.player, "v", identity: "i") == 1)
  }
}
