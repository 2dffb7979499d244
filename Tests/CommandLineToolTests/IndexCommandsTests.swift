internal import API
@testable internal import CommandLineTool
internal import Foundation
internal import GatewayStage
internal import IndexStage
internal import RPCTestKit
internal import SQLiteIndex
internal import Search
internal import Testing
internal import Transcripts

/// Commands on an index of their own: the tool, the gateway's services, an indexer's services, SQLite.
@Suite("Commands on a real index")
struct IndexCommandsTests {
  /// An index with three videos, and the tool in front of it.
  private static func withIndex(
    _ body: (_ verbatim: (String...) async -> ToolRun) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/verbatim-tool-\(UUID().uuidString)"
    // A leftover folder harms nobody.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let index = try await SQLiteIndex.open(
      SQLiteIndexConfiguration(folder: folder, suggestionTimeout: .seconds(60)))
    _ = try await index.write(
      [
        Self.document(
          "aaaaaaaaaaa", "Comets", ["a comet is ice", "and dust", "comets have tails"]),
        Self.document(
          "bbbbbbbbbbb", "=Stars", ["a star, \"big\"", "no comet here"], language: "de"),
        Self.document(
          "ccccccccccc", "Planets", ["planets move"],
          playlists: ["PLotherotherotherotherotherotherot"]),
      ], to: .default)
    let indexer = ServiceChannel(services: [
      Indexer(index: index), IndexReading(index: index), IndexAdministration(index: index),
    ])
    // Its jobs would need a queue; a search goes on as it came.
    var searches = ScriptedGateway()
    searches.find = { request in
      var question = IndexerSearchRequest()
      question.query = request.query
      let answer = try await IndexerClient(indexer).search(question)
      var response = GatewaySearchResponse()
      response.results = answer.results
      return response
    }
    let gateway = ServiceChannel(services: [
      searches,
      IndexForwarding(indexer: IndexClient(indexer)),
      IndexAdminForwarding(indexer: IndexAdminClient(indexer)),
    ])
    var surroundings = ToolRun.Surroundings()
    surroundings.connect = { _ in GatewayConnection(channel: gateway) }
    let fixed = surroundings
    try await body { (line: String...) in await ToolRun.of(line: line, in: fixed) }
    await index.close()
  }

  private static func document(
    _ id: String, _ title: String, _ texts: [String], language: String = "en",
    playlists: [String] = ["PLspace"]
  ) -> IndexDocument {
    IndexDocument(
      transcript: Transcript(
        video: Video(
          id: VideoID(id)!, title: title, channelID: "UCspace", channelTitle: "Space",
          publishedMilliseconds: 1_700_000_000_000),
        track: CaptionTrack(languageCode: language, name: "", kind: .manual),
        segments: texts.enumerated().map {
          Segment(startMilliseconds: Int64($0) * 40_000, durationMilliseconds: 40_000, text: $1)
        }, fetchedMilliseconds: 7), playlistIDs: playlists)
  }

  @Test("Facets are shown under the hits, and an index that is not there is told")
  func search() async throws {
    try await Self.withIndex { verbatim in
      let run = await verbatim("search", "comet", "--facet", "language", "--facet", "channel")
      #expect(
        run.output.hasSuffix("\nLANGUAGE\n  1  de\n  1  en\n\nCHANNEL\n  2  UCspace  Space\n"))
      let exact = await verbatim("search", "comets", "--exact")
      #expect(exact.errors.hasPrefix("\n1 video of 1"))
      let meant = await verbatim("search", "commet")
      #expect(meant.errors.contains("Did you mean: comet"))
      let missing = await verbatim("search", "comet", "--index", "nowhere")
      #expect(missing.exitCode != .ok)
      #expect(missing.errors.contains("There is no index nowhere"))
    }
  }

  @Test("Every place in one video is listed in order of time, with its link")
  func places() async throws {
    try await Self.withIndex { verbatim in
      let run = await verbatim("places", "aaaaaaaaaaa", "comet")
      #expect(
        run.output == """
          Comets
          Space · en
            0:00  a comet is ice
                  https://youtu.be/aaaaaaaaaaa?t=0
            1:20  comets have tails
                  https://youtu.be/aaaaaaaaaaa?t=80

          """)
      #expect(run.errors == "\n2 places of 2.\n")
      let other = await verbatim("places", "ddddddddddd", "comet")
      #expect(other.errors.contains("The video ddddddddddd is not indexed"))
    }
  }

  @Test("What is said around an instant is printed with its times")
  func context() async throws {
    try await Self.withIndex { verbatim in
      let run = await verbatim("context", "aaaaaaaaaaa", "0:41", "--before", "0s", "--after", "1s")
      #expect(run.output == "   0:40  and dust\n")
      let wrong = await verbatim("context", "aaaaaaaaaaa", "x")
      #expect(wrong.exitCode == .usage)
    }
  }

  @Test("A word that is being typed is completed")
  func suggest() async throws {
    try await Self.withIndex { verbatim in
      let run = await verbatim("suggest", "big com")
      #expect(run.output == "big comet\nbig comets\n")
    }
  }

  @Test("All transcripts, or those of a search, are exported in each form")
  func export() async throws {
    try await Self.withIndex { verbatim in
      let all = await verbatim("export")
      #expect(all.output.split(separator: "\n").count == 3)
      #expect(all.output.contains("\"playlistIds\":[\"PLotherotherotherotherotherotherot\"]"))
      let some = await verbatim(
        "export", "--playlist", "PLotherotherotherotherotherotherot", "--format", "csv")
      #expect(
        some.output == """
          video,title,language,start_ms,duration_ms,text\r
          ccccccccccc,Planets,en,0,40000,planets move\r

          """)
      let found = await verbatim("export", "star", "--format", "srt")
      #expect(
        found.output.hasPrefix(
          "==> https://youtu.be/bbbbbbbbbbb =Stars <==\n1\n00:00:00,000 --> 00:00:40,000\n"))
      let hits = await verbatim("export", "star", "--hits", "--format", "csv")
      #expect(
        hits.output.hasSuffix(
          "bbbbbbbbbbb,'=Stars,Space,de,0,https://youtu.be/bbbbbbbbbbb?t=0,"
            + "\"a star, \"\"big\"\" no comet here\"\r\n"))
      #expect(await verbatim("export", "star", "--hits", "--format", "vtt").exitCode == .usage)
    }
  }

  @Test("Indexes are made, named, listed and deleted; videos are removed; all is verified")
  func administration() async throws {
    try await Self.withIndex { verbatim in
      #expect(await verbatim("create-index", "talks").errors == "Made.\n")
      #expect(await verbatim("create-index", "talks").errors == "It was there already.\n")
      #expect(await verbatim("alias", "current", "talks").exitCode == .ok)
      let list = await verbatim("indexes").output.split(separator: "\n").map {
        $0.split(separator: " ").map(String.init)
      }
      #expect(list.map(\.first) == ["INDEX", "default", "talks"])
      #expect(list[1][1...2] == ["3", "3"])
      #expect(list[2].last == "current")
      #expect(await verbatim("delete-index", "talks").exitCode == .usage)
      #expect(
        await verbatim("delete-index", "talks", "--yes").errors.contains(
          "talks has the alias current"))
      #expect(await verbatim("alias", "current").exitCode == .ok)
      #expect(await verbatim("delete-index", "talks", "--yes").errors == "Deleted.\n")
      #expect(await verbatim("create-index", "No").exitCode != .ok)
      #expect(await verbatim("remove", "aaaaaaaaaaa").errors == "1 transcript removed.\n")
      #expect(await verbatim("verify").output == "All is as it should be.\n")
      #expect(await verbatim("optimize").output.hasPrefix("Done: "))
      #expect(await verbatim("search", "ice").errors.contains("Nothing was found"))
    }
  }
}
