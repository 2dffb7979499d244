import Foundation
import HTTPServer
import JSON
import Networking

@testable import Simulator

/// A simulator without sockets, asked directly.
@NetworkActor
struct Lab {
  let youTube: SimulatedYouTube

  init(seed: UInt64 = 1, scenario: Scenario = .ideal) {
    self.youTube = SimulatedYouTube(
      seed: seed, minutes: 1...2, paddingBytes: 0, scenario: scenario)
  }

  func post(
    _ path: String, client: String = "ANDROID", version: String = "21.03.36",
    _ members: String, query: String = "", identity: String = "me"
  ) async -> Reply {
    let body =
      #"{"context":{"client":{"clientName":"\#(client)","clientVersion":"\#(version)"}},\#(members)}"#
    let request = HTTPRequest(
      method: "POST", path: path, query: query, body: Array(body.utf8))
    return Reply(await self.youTube.answer(request, identity: identity))
  }

  func player(_ id: String, client: String = "ANDROID", query: String = "") async -> Reply {
    await self.post("/youtubei/v1/player", client: client, #""videoId":"\#(id)""#, query: query)
  }

  func browse(_ members: String) async -> Reply {
    await self.post("/youtubei/v1/browse", client: "WEB", version: "2.2026", members)
  }

  /// Gets an address as the player gave it, with one parameter replaced or added.
  func get(_ url: String, setting name: String = "fmt", to value: String = "json3") async -> Reply {
    let parts = url.split(separator: "?", maxSplits: 1)
    let path = parts[0].replacingOccurrences(of: "https://www.youtube.com", with: "")
    let kept = (parts.count > 1 ? parts[1] : "").split(separator: "&")
      .filter { !$0.hasPrefix(name + "=") }
    let query = (kept.map(String.init) + ["\(name)=\(value)"]).joined(separator: "&")
    return Reply(
      await self.youTube.answer(HTTPRequest(path: path, query: query), identity: "me"))
  }
}

/// A response whose body is read as text or JSON.
struct Reply {
  let status: Int
  let headers: HTTPHeaders
  let bytes: [UInt8]
  let isCut: Bool

  init(_ answer: SimulatedAnswer) {
    let response = answer.response
    self.isCut = answer.isCut
    self.status = response.status
    self.headers = response.headers
    if case .bytes(let bytes) = response.body { self.bytes = bytes } else { self.bytes = [] }
  }

  var text: String { String(decoding: self.bytes, as: UTF8.self) }

  var json: JSONValue? { try? JSONDocument(parsing: self.bytes).root }

  /// `playabilityStatus.status` and its reason.
  var playability: String {
    let status = self.json?["playabilityStatus"]
    return [status?["status"]?.string, status?["reason"]?.string].compactMap { $0 }
      .joined(separator: ": ")
  }

  var tracks: [JSONValue] {
    let list = self.json?["captions"]?["playerCaptionsTracklistRenderer"]?["captionTracks"]
    return list.map { Array($0.elements) } ?? []
  }
}

/// Recorded replies, where the folder is given; only read, never copied.
enum Fixtures {
  static let folder = ProcessInfo.processInfo.environment["VERBATIM_FIXTURES"]
  static let absent = "VERBATIM_FIXTURES does not name a folder with recorded replies"
  static var exist: Bool { self.folder != nil }

  static func json(_ file: String) throws -> JSONValue {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(self.folder ?? "")/youtube/\(file)"))
    return try JSONDocument(parsing: [UInt8](data)).root
  }
}

extension JSONValue {
  /// The value at a path such as `a.b.0.c`.
  func at(_ path: String) -> JSONValue? {
    var value: JSONValue? = self
    for step in path.split(separator: ".") {
      value = Int(step).map { value?[$0] ?? nil } ?? value?[String(step)]
    }
    return value
  }
}
