import JSON
import Networking
import Testing

@testable import Simulator

@Suite("Simulated playlists")
@NetworkActor
struct BrowseTests {
  /// What a whole playlist comes to when every continuation is followed.
  struct Whole {
    var ids: [String] = []
    var titles: [String] = []
    var pages: [Int] = []
    var forms: Set<String> = []
  }

  private func list(_ playlist: String, lab: Lab, byToken: Bool = false) async throws -> Whole {
    var whole = Whole()
    var next: String? =
      byToken ? Continuation(playlist: playlist, start: 0, isFirstPage: true).token : nil
    var members = #""browseId":"VL\#(playlist)","params":"wgYCCAA=""#
    repeat {
      if let next { members = #""continuation":"\#(next)""# }
      next = nil
      let reply = await lab.browse(members)
      let root = try #require(reply.json, "\(reply.status)")
      let before = whole.ids.count
      for item in Self.items(root) {
        if let renderer = item["playlistVideoRenderer"] {
          whole.ids.append(try #require(renderer["videoId"]?.string))
          whole.titles.append(try #require(renderer.at("title.runs.0.text")?.string))
          #expect(renderer.at("index.simpleText")?.string == "\(whole.ids.count)")
        } else if let lockup = item["lockupViewModel"] {
          whole.ids.append(try #require(lockup["contentId"]?.string))
          whole.titles.append(
            try #require(lockup.at("metadata.lockupMetadataViewModel.title.content")?.string))
          let path = "rendererContext.commandContext.onTap.innertubeCommand.watchEndpoint.index"
          #expect(lockup.at(path)?.int == whole.ids.count - 1)
        } else {
          for (form, path) in Self.tokenForms {
            guard let token = item.at(path)?.string else { continue }
            whole.forms.insert(form)
            next = token
          }
          #expect(next != nil)
        }
      }
      whole.pages.append(whole.ids.count - before)
    } while next != nil
    return whole
  }

  private static let tokenForms = [
    ("plain", "continuationItemRenderer.continuationEndpoint.continuationCommand.token"),
    (
      "executor",
      "continuationItemRenderer.continuationEndpoint.commandExecutorCommand.commands.1"
        + ".continuationCommand.token"
    ),
    (
      "viewModel",
      "continuationItemViewModel.continuationCommand.innertubeCommand.continuationCommand.token"
    ),
  ]

  private static func items(_ root: JSONValue) -> [JSONValue] {
    let section =
      "contents.twoColumnBrowseResultsRenderer.tabs.0.tabRenderer.content.sectionListRenderer"
      + ".contents.0.itemSectionRenderer.contents"
    let places = [
      section + ".0.playlistVideoListRenderer.contents",
      "onResponseReceivedActions.0.reloadContinuationItemsCommand.continuationItems",
      "onResponseReceivedActions.0.appendContinuationItemsAction.continuationItems", section,
    ]
    for place in places {
      if let list = root.at(place) { return Array(list.elements) }
    }
    return []
  }

  @Test(
    "Every shape ends after the stated number of different videos",
    arguments: ["L", "R", "M", "U", "V", "T"], [0, 1, 99, 100, 101, 250, 1050])
  func counts(shape: String, count: Int) async throws {
    let number = String(1_000_000 + count).dropFirst()
    let playlist = "PLsim\(shape)\(number)-00001"
    let lab = Lab()
    for byToken in [false, true] {
      let whole = try await self.list(playlist, lab: lab, byToken: byToken)
      #expect(whole.ids.count == count)
      #expect(Set(whole.ids).count == count)
    }
  }

  @Test("Continuations come in all the forms that YouTube uses")
  func forms() async throws {
    let lab = Lab()
    #expect(try await self.list("PLsimR000250-00001", lab: lab).forms == ["executor", "plain"])
    #expect(try await self.list("PLsimL000250-00001", lab: lab).forms == ["viewModel"])
    #expect(try await self.list("PLsimM000400-00001", lab: lab).pages == [102, 101, 99, 98])
  }

  @Test("A playlist that stops states more than it gives")
  func stops() async throws {
    let lab = Lab()
    #expect(try await self.list("PLsimS000250-00001", lab: lab).ids.count == 100)
    let first = await lab.browse(#""browseId":"VLPLsimS000250-00001""#)
    #expect(Self.stated(first) == "250")
  }

  private static func stated(_ reply: Reply) -> String? {
    reply.json?.at(
      "sidebar.playlistSidebarRenderer.items.0.playlistSidebarPrimaryInfoRenderer.stats.0.runs.0.text"
    )?.string
  }

  @Test("The sample playlists have 12, 30 and 5 videos and say so")
  func samples() async throws {
    let lab = Lab()
    for (name, count) in [("talks", 12), ("hours", 30), ("languages", 5)] {
      let id = "PLsamples-\(name)"
      #expect(try await self.list(id, lab: lab).ids.count == count)
      #expect(Self.stated(await lab.browse(#""browseId":"VL\#(id)""#)) == "\(count)")
    }
    let uploads = "UU" + SampleCatalog.channelID.dropFirst(2)
    #expect(try await self.list(uploads, lab: lab).ids.count == 47)
  }

  @Test("PLsim-N has N videos that no other such playlist has", arguments: [1, 250])
  func simple(count: Int) async throws {
    let lab = Lab()
    let whole = try await self.list("PLsim-\(count)", lab: lab)
    #expect(whole.ids.count == count)
    #expect(Set(whole.ids).count == count)
    let others = try await self.list("PLsim-100", lab: lab).ids
    #expect(Set(whole.ids).isDisjoint(with: others))
  }

  @Test("PLsim-N ends at 100,000 videos and takes nothing but a number")
  func bounds() async throws {
    let lab = Lab()
    let last = Continuation(playlist: "PLsim-100000", start: 99_950).token
    let reply = await lab.browse(#""continuation":"\#(last)""#)
    let page = try #require(reply.json)
    #expect(Self.items(page).count == 50)
    for id in ["PLsim-0", "PLsim-100001", "PLsim-x", "PLsim-", "PLsim-01", "PLsim-+1"] {
      #expect(await lab.browse(#""browseId":"VL\#(id)""#).status == 404, "\(id)")
    }
  }

  @Test("Unavailable videos keep their place under YouTube's titles")
  func unavailable() async throws {
    let lab = Lab()
    for shape in ["U", "V"] {
      let whole = try await self.list("PLsim\(shape)000040-00001", lab: lab)
      #expect(whole.titles.filter { $0 == "[Private video]" }.count == 2)
      #expect(whole.titles.filter { $0 == "[Deleted video]" }.count == 2)
    }
  }

  @Test("Private playlists are an alert, unknown ones 404, other identifiers 400")
  func errors() async {
    let lab = Lab()
    let hidden = await lab.browse(#""browseId":"VLPLsimP000010-00001""#)
    #expect(hidden.status == 200)
    #expect(hidden.json?.at("alerts.0.alertRenderer.type")?.string == "ERROR")
    let unknown = await lab.browse(#""browseId":"VLPLnowhere""#)
    #expect(unknown.status == 404)
    #expect(unknown.json?.at("error.status")?.string == "NOT_FOUND")
    #expect(await lab.browse(#""browseId":"FEtrending""#).status == 400)
    #expect(await lab.browse(#""continuation":"garbage""#).status == 400)
  }

  @Test("Handles lead to channels, whose uploads are a playlist")
  func channels() async throws {
    let lab = Lab()
    for (url, expected) in [
      ("https://www.youtube.com/@verbatim-samples", SampleCatalog.channelID),
      ("https://www.youtube.com/c/simL000150-00002", "UCsimL000150-00002______"),
    ] {
      let reply = await lab.post(
        "/youtubei/v1/navigation/resolve_url", client: "WEB", #""url":"\#(url)""#)
      #expect(reply.json?.at("endpoint.browseEndpoint.browseId")?.string == expected)
    }
    let unknown = await lab.post(
      "/youtubei/v1/navigation/resolve_url", client: "WEB",
      #""url":"https://www.youtube.com/@nobody""#)
    #expect(unknown.status == 404)
    #expect(try await self.list("UUsimL000150-00002______", lab: lab).ids.count == 150)
    let feed = await lab.get(
      "/feeds/videos.xml", setting: "channel_id", to: "UCsimL000150-00002______")
    #expect(feed.text.split(separator: "<entry>").count == 16)
  }
}
