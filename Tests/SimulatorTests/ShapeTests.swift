import JSON
import Networking
import Testing

@testable import Simulator

/// The paths that readers of YouTube rely on exist in its recorded replies and in ours, with the same kind of value.
@Suite("Simulated replies beside recorded ones", .enabled(if: Fixtures.exist, "\(Fixtures.absent)"))
@NetworkActor
struct ShapeTests {
  private func expectSame(
    _ paths: [String], _ recorded: JSONValue, _ ours: JSONValue?, _ what: String
  ) {
    for path in paths {
      #expect(recorded.at(path) != nil, "\(what) recorded: \(path)")
      #expect(ours?.at(path)?.kind == recorded.at(path)?.kind, "\(what): \(path)")
    }
  }

  static let player = [
    "responseContext.visitorData", "playabilityStatus.status", "videoDetails.videoId",
    "videoDetails.title", "videoDetails.lengthSeconds", "videoDetails.channelId",
    "videoDetails.author", "videoDetails.shortDescription", "videoDetails.isLiveContent",
    "videoDetails.viewCount", "videoDetails.thumbnail.thumbnails.0.url",
  ]
  static let tracks = [
    "captionTracks.0.baseUrl", "captionTracks.0.vssId", "captionTracks.0.languageCode",
    "captionTracks.0.isTranslatable", "captionTracks.0.trackName",
    "audioTracks.0.captionTrackIndices.0", "audioTracks.0.defaultCaptionTrackIndex",
    "translationLanguages.0.languageCode", "defaultAudioTrackIndex",
  ]

  @Test("Player replies of three clients")
  func players() async throws {
    let prefix = "captions.playerCaptionsTracklistRenderer."
    for (client, file, name) in [
      ("ANDROID", "player/android-8-tracks.json", "name.runs.0.text"),
      ("VISIONOS", "player/visionos-manual-and-asr.json", "name.runs.0.text"),
      ("WEB", "player/web-2024-many-tracks.json", "name.simpleText"),
    ] {
      let recorded = try Fixtures.json(file)
      let ours = await Lab().player("vbTalk1-001", client: client).json
      let paths = Self.tracks + ["captionTracks.0.\(name)"]
      // The recording of WEB is older and has no context, language list or audio list of this form.
      let known = (Self.player + paths.map { prefix + $0 }).filter {
        client != "WEB" || recorded.at($0) != nil
      }
      #expect(known.count > 15)
      self.expectSame(known, recorded, ours, client)
    }
  }

  @Test("The parameters of a track's address, and of its signature, are YouTube's")
  func addresses() async throws {
    let recorded = try Fixtures.json("player/android-8-tracks.json")
    let ours = await Lab().player("vbTalk1-001").json
    let path = "captions.playerCaptionsTracklistRenderer.captionTracks.0.baseUrl"
    func names(_ value: JSONValue?) throws -> [String] {
      let url = try #require(value?.at(path)?.string)
      return url.split(separator: "?")[1].split(separator: "&").map {
        $0.hasPrefix("sparams") ? String($0) : String($0.prefix { $0 != "=" })
      }
    }
    #expect(try names(ours) == names(recorded))
  }

  @Test("Refusals")
  func refusals() async throws {
    let lab = Lab()
    for (file, id, paths) in [
      (
        "player/private.json", "sim-private",
        [
          "status", "reason", "messages.0",
          "errorScreen.playerErrorMessageRenderer.subreason.runs.0.text",
        ]
      ),
      (
        "player/age-restricted.json", "sim-age_old",
        ["status", "reason", "desktopLegacyAgeGateReason", "reasonTitle"]
      ),
      ("player/members-only.json", "sim-members", ["status", "reason"]),
      ("player/video-unavailable.json", "simAAAAAAAA", ["status", "reason"]),
    ] {
      let whole = try Fixtures.json(file)
      let recorded = try #require((whole["playerResponse"] ?? whole)["playabilityStatus"])
      let ours = await lab.player(id).json?["playabilityStatus"]
      self.expectSame(paths, recorded, ours, file)
      #expect(ours?["status"]?.string == recorded["status"]?.string, "\(file)")
    }
    let bot = try #require(
      try Fixtures.json("player/request-blocked-bot-check.json")["playabilityStatus"])
    let ours = try JSONDocument(parsing: PlayerReply.botCheck(visitorData: "x").encoded()).root
    self.expectSame(
      ["status", "reason", "errorScreen.playerErrorMessageRenderer.reason.runs.0.text"], bot,
      ours["playabilityStatus"], "bot check")
    #expect(ours.at("playabilityStatus.reason")?.string == bot["reason"]?.string)
  }

  static let renderer = [
    "videoId", "title.runs.0.text", "index.simpleText", "lengthSeconds", "lengthText.simpleText",
    "shortBylineText.runs.0.text",
    "shortBylineText.runs.0.navigationEndpoint.browseEndpoint.browseId", "isPlayable",
    "videoInfo.runs.0.text", "navigationEndpoint.watchEndpoint.index",
  ]
  static let lockup = [
    "contentId", "contentType", "metadata.lockupMetadataViewModel.title.content",
    "rendererContext.commandContext.onTap.innertubeCommand.watchEndpoint.index",
    "contentImage.thumbnailViewModel.overlays.0.thumbnailBottomOverlayViewModel.badges.0"
      + ".thumbnailBadgeViewModel.text",
    "metadata.lockupMetadataViewModel.metadata.contentMetadataViewModel.metadataRows.0"
      + ".metadataParts.0.text.content",
    "metadata.lockupMetadataViewModel.metadata.contentMetadataViewModel.metadataRows.0"
      + ".metadataParts.0.text.commandRuns.0.onTap.innertubeCommand.browseEndpoint.browseId",
  ]

  @Test("Playlist pages in both shapes")
  func pages() async throws {
    let lab = Lab()
    for (folder, letter, command, item, paths, token) in [
      (
        "2026-01-old-shape", "R", "reloadContinuationItemsCommand", "playlistVideoRenderer",
        Self.renderer, nil as String?
      ),
      (
        "2026-07-lockup-shape", "L", "appendContinuationItemsAction", "lockupViewModel",
        Self.lockup,
        "continuationItemViewModel.continuationCommand.innertubeCommand.continuationCommand.token"
      ),
    ] {
      let recorded = try Fixtures.json("playlist/\(folder)/150-videos.page1.json")
      let id = "PLsim\(letter)000150-00001"
      let first = Continuation(playlist: id, start: 0, isFirstPage: true).token
      let ours = await lab.browse(#""continuation":"\#(first)""#).json
      let list = "onResponseReceivedActions.0.\(command).continuationItems"
      self.expectSame(
        paths.map { "\(list).0.\(item).\($0)" }
          + [token].compactMap { $0 }.map { "\(list).100.\($0)" }
          + ["metadata.playlistMetadataRenderer.title"], recorded, ours, folder)
    }
  }

  @Test("Facts about a playlist")
  func facts() async throws {
    let recorded = try Fixtures.json("playlist/2026-07-lockup-shape/150-videos.meta.json")
    let ours = await Lab().browse(#""browseId":"VLPLsimL000150-00001""#).json
    let item = "sidebar.playlistSidebarRenderer.items"
    self.expectSame(
      [
        "\(item).0.playlistSidebarPrimaryInfoRenderer.title.runs.0.text",
        "\(item).0.playlistSidebarPrimaryInfoRenderer.stats.0.runs.0.text",
        "\(item).1.playlistSidebarSecondaryInfoRenderer.videoOwner.videoOwnerRenderer.title.runs.0.text",
        "header.pageHeaderRenderer.pageTitle",
        "header.pageHeaderRenderer.content.pageHeaderViewModel.metadata.contentMetadataViewModel"
          + ".metadataRows.1.metadataParts.1.text.content",
        "microformat.microformatDataRenderer.title",
      ], recorded, ours, "facts")
  }

  @Test("Errors and resolved channels")
  func small() async throws {
    let lab = Lab()
    let alert = try Fixtures.json("playlist/errors/does-not-exist.200.json")
    self.expectSame(
      ["alerts.0.alertRenderer.type", "alerts.0.alertRenderer.text.runs.0.text"], alert,
      await lab.browse(#""browseId":"VLPLsimP000010-00001""#).json, "alert")
    let missing = try Fixtures.json("playlist/errors/does-not-exist.404.json")
    self.expectSame(
      ["error.code", "error.message", "error.errors.0.reason", "error.status"], missing,
      await lab.browse(#""browseId":"VLPLnowhere""#).json, "404")
    let resolved = try Fixtures.json("channel/resolve-url-1.json")
    self.expectSame(
      [
        "endpoint.browseEndpoint.browseId",
        "endpoint.commandMetadata.webCommandMetadata.webPageType",
      ],
      resolved,
      await lab.post(
        "/youtubei/v1/navigation/resolve_url", client: "WEB",
        #""url":"https://www.youtube.com/@verbatim-samples""#
      ).json, "resolve_url")
  }

  @Test("Captions, manual and generated")
  func captions() async throws {
    let lab = Lab()
    let tracks = await lab.player("vbTalk1-001").tracks
    for (file, kind, paths) in [
      (
        "timedtext/manual.json3.json", nil as String?,
        ["events.0.tStartMs", "events.0.dDurationMs", "events.0.segs.0.utf8"]
      ),
      (
        "timedtext/generated-49min.json3.json", "asr",
        [
          "events.0.wpWinPosId", "events.1.wWinId", "events.1.segs.0.acAsrConf",
          "events.1.segs.1.tOffsetMs", "events.2.aAppend", "events.2.segs.0.utf8",
          "wsWinStyles.1.sdScrollDir", "wpWinPositions.1.rcRows",
        ]
      ),
    ] {
      let track = try #require(tracks.first { $0["kind"]?.string == kind })
      let ours = await lab.get(try #require(track["baseUrl"]?.string)).json
      self.expectSame(["wireMagic", "pens.0"] + paths, try Fixtures.json(file), ours, file)
    }
  }
}
