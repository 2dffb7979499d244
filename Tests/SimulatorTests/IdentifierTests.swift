import JSON
import Testing

@testable import Simulator

@Suite("Identifiers and tokens of the simulator")
struct IdentifierTests {
  @Test("A synthetic video's identifier holds its series and place", arguments: [0, 1, 17, 99_999])
  func videoIDs(series: Int) {
    for index in [0, 1, 2, 100, 65_535, 999_999] {
      let id = SyntheticVideoID(series: series, index: index)
      #expect(id.text.utf8.count == 11)
      #expect(SyntheticVideoID(id.text) == id)
    }
  }

  @Test("A mistyped video identifier is unknown, not another video")
  func check() {
    let text = SyntheticVideoID(series: 1, index: 5).text
    var unknown = 0
    for place in 3..<11 {
      var characters = Array(text)
      characters[place] = characters[place] == "A" ? "B" : "A"
      if SyntheticVideoID(String(characters)) == nil { unknown += 1 }
    }
    #expect(unknown == 8)
  }

  @Test("Playlist identifiers are read in all three forms and nothing else is taken")
  func playlistIDs() throws {
    let id = try #require(SyntheticPlaylistID(shape: .lockup, count: 1000, series: 1))
    #expect(id.playlistID == "PLsimL001000-00001")
    #expect(id.playlistID.utf8.count == 18)
    #expect(id.channelID.utf8.count == 24)
    for text in [id.playlistID, id.channelID, "UU" + id.channelID.dropFirst(2)] {
      #expect(SyntheticPlaylistID(text) == id)
    }
    for text in [
      "PLsimX001000-00001", "PLsimL01000-00001", "PLsimL001000-00001_", "PLsimL-01000-00001",
      "PLsimL001000-0000", "XXsimL001000-00001", "PLsim", "",
    ] {
      #expect(SyntheticPlaylistID(text) == nil, "\(text)")
    }
  }

  @Test("A continuation comes back as it was")
  func continuations() {
    for start in [1, 100, 101, 999_999] {
      let continuation = Continuation(playlist: "PLsimL001000-00001", start: start)
      #expect(Continuation(token: continuation.token) == continuation)
    }
  }

  @Test(
    "Garbage is not a continuation",
    arguments: ["", "x", "4qmFsgI", "CADCBgIIAA%3D%3D", "////", "🥖"])
  func badContinuations(token: String) {
    #expect(Continuation(token: token) == nil)
  }

  @Test(
    "First-page tokens equal the recorded ones byte for byte",
    .enabled(if: Fixtures.exist, "\(Fixtures.absent)"))
  func recordedTokens() throws {
    let recorded = try Fixtures.json("derived/continuation-tokens.json")
    #expect(recorded.count > 0)
    for entry in recorded.elements {
      let playlist = try #require(entry["playlistId"]?.string)
      let token = try #require(entry["firstPageContinuation"]?.string)
      let ours = Continuation(playlist: playlist, start: 0, isFirstPage: true)
      #expect(ours.token == token)
      #expect(Continuation(token: token) == ours)
    }
  }

  @Test(
    "Recorded tokens of later pages are understood",
    .enabled(if: Fixtures.exist, "\(Fixtures.absent)"))
  func recordedLaterTokens() throws {
    let page = try Fixtures.json("playlist/2026-07-lockup-shape/5000-videos.page1.json")
    let items = try #require(
      page.at("onResponseReceivedActions.0.appendContinuationItemsAction.continuationItems"))
    let last = try #require(Array(items.elements).last)
    let token = try #require(
      last.at(
        "continuationItemViewModel.continuationCommand.innertubeCommand.continuationCommand.token")?
        .string)
    #expect(Continuation(token: token)?.start == 102)
  }
}
