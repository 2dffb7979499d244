/// Replies of `/youtubei/v1/browse` for playlists, in both shapes recorded from YouTube.
struct BrowseReply: Sendable {
  let catalog: Catalog

  /// How a page was asked for; it decides where its items are.
  enum Request {
    /// By `browseId`: items are in `contents`.
    case browseID
    /// By a token; the one of the first page reloads, later ones append.
    case continuation(Continuation)
  }

  /// A page of `playlist` with, on the first, everything that is said about the whole.
  func body(_ playlist: SimulatedPlaylist, _ request: Request, visitorData: String) -> JSONTree {
    let page = self.page(playlist, request)
    var members: [(String, JSONTree)] = [("responseContext", PlayerReply.context(visitorData))]
    switch request {
    case .browseID:
      members.append(("contents", self.contents(page, of: playlist)))
      members += self.facts(playlist)
    case .continuation(let continuation):
      var action: [(String, JSONTree)] = [
        ("continuationItems", .array(page)), ("targetId", .string(playlist.id)),
      ]
      var command = "appendContinuationItemsAction"
      if continuation.isFirstPage, playlist.usesRenderers {
        command = "reloadContinuationItemsCommand"
        action.append(("slot", "RELOAD_CONTINUATION_SLOT_BODY"))
      }
      if continuation.isFirstPage { members += self.facts(playlist) }
      members.append(
        (
          "onResponseReceivedActions",
          [["clickTrackingParams": "CAAQhGciEwjJ", command: .object(action)]]
        ))
    }
    members.append(("trackingParams", "CAAQhGciEwjJ"))
    return .object(members)
  }

  /// The reply for a playlist that is private or does not exist, as recorded.
  static let doesNotExist: JSONTree = [
    "alerts": [
      ["alertRenderer": ["type": "ERROR", "text": .runs("The playlist does not exist.")]]
    ],
    "microformat": ["microformatDataRenderer": ["noindex": true]],
  ]

  // MARK: Items

  private func page(_ playlist: SimulatedPlaylist, _ request: Request) -> [JSONTree] {
    var start = 0
    var first = true
    if case .continuation(let continuation) = request {
      start = min(continuation.start, playlist.reachableCount)
      first = continuation.isFirstPage
    }
    // Asking for index 100 plus one half of a page cannot happen; tokens with this bit are the empty pages.
    if playlist.shape == .tokenPages, !first, start % SimulatedPlaylist.pageSize == 1 {
      return [self.continuation(to: start - 1, of: playlist, first: false)]
    }
    let end = playlist.pageEnd(from: start)
    var items = (start..<end).map { self.item(at: $0, of: playlist) }
    if end < playlist.reachableCount {
      let next = playlist.shape == .tokenPages ? end + 1 : end
      items.append(self.continuation(to: next, of: playlist, first: first))
    }
    return items
  }

  private func item(at index: Int, of playlist: SimulatedPlaylist) -> JSONTree {
    let id = playlist.videoID(at: index)
    let hidden = self.catalog.isUnavailable(at: index, of: playlist)
    guard let video = self.catalog.video(id), !hidden, !video.isListedAsUnavailable else {
      let isPrivate =
        hidden ? index % 20 == 9 : self.catalog.video(id)?.availability == .isPrivate
      let title = isPrivate ? "[Private video]" : "[Deleted video]"
      return playlist.usesRenderers
        ? Self.unavailableRenderer(id, title, index) : Self.unavailableLockup(id, title, index)
    }
    return playlist.usesRenderers
      ? Self.renderer(video, index, playlist) : Self.lockup(video, index, playlist)
  }

  private static func renderer(
    _ video: SimulatedVideo, _ index: Int, _ playlist: SimulatedPlaylist
  ) -> JSONTree {
    let length = Self.clock(video.lengthSeconds)
    return [
      "playlistVideoRenderer": [
        "videoId": .string(video.id),
        "thumbnail": Thumbnails.of(video.id),
        "title": [
          "runs": [["text": .string(video.title)]],
          "accessibility": [
            "accessibilityData": ["label": .string("\(video.title) by \(video.channelTitle)")]
          ],
        ],
        "index": .simpleText("\(index + 1)"),
        "shortBylineText": [
          "runs": [
            [
              "text": .string(video.channelTitle),
              "navigationEndpoint": [
                "clickTrackingParams": "CJgDEMY0GAEi",
                "browseEndpoint": [
                  "browseId": .string(video.channelID),
                  "canonicalBaseUrl": .string("/channel/\(video.channelID)"),
                ],
              ],
            ]
          ]
        ],
        "lengthText": [
          "accessibility": [
            "accessibilityData": ["label": .string("\(video.lengthSeconds) seconds")]
          ],
          "simpleText": .string(length),
        ],
        "navigationEndpoint": [
          "watchEndpoint": [
            "videoId": .string(video.id), "playlistId": .string(playlist.id),
            "index": .integer(index), "params": "OAI%3D",
          ]
        ],
        "lengthSeconds": .string("\(video.lengthSeconds)"),
        "trackingParams": "CJgDEMY0GAEi",
        "isPlayable": true,
        "thumbnailOverlays": [
          ["thumbnailOverlayTimeStatusRenderer": ["text": .simpleText(length), "style": "DEFAULT"]]
        ],
        "videoInfo": .runs("4.7k views", " • ", "2 months ago"),
      ]
    ]
  }

  private static func unavailableRenderer(
    _ id: String, _ title: String, _ index: Int
  ) -> JSONTree {
    [
      "playlistVideoRenderer": [
        "videoId": .string(id),
        "thumbnail": ["thumbnails": [["url": "https://i.ytimg.com/img/no_thumbnail.jpg"]]],
        "title": .runs(title),
        "index": .simpleText("\(index + 1)"),
        "navigationEndpoint": [
          "watchEndpoint": ["videoId": .string(id), "index": .integer(index)]
        ],
        "trackingParams": "CJgDEMY0GAEi",
        "isPlayable": false,
      ]
    ]
  }

  private static func lockup(
    _ video: SimulatedVideo, _ index: Int, _ playlist: SimulatedPlaylist
  ) -> JSONTree {
    let channel: JSONTree = [
      "browseEndpoint": [
        "browseId": .string(video.channelID),
        "canonicalBaseUrl": .string("/channel/\(video.channelID)"),
      ]
    ]
    return [
      "lockupViewModel": [
        "contentImage": [
          "thumbnailViewModel": [
            "image": [
              "sources": [
                [
                  "url": .string("https://i.ytimg.com/vi/\(video.id)/hqdefault.jpg"), "width": 168,
                  "height": 94,
                ]
              ]
            ],
            "overlays": [
              [
                "thumbnailBottomOverlayViewModel": [
                  "badges": [
                    [
                      "thumbnailBadgeViewModel": [
                        "text": .string(Self.clock(video.lengthSeconds)),
                        "badgeStyle": "THUMBNAIL_OVERLAY_BADGE_STYLE_DEFAULT",
                        "animatedText": "Now playing",
                      ]
                    ]
                  ]
                ]
              ]
            ],
          ]
        ],
        "metadata": [
          "lockupMetadataViewModel": [
            "title": ["content": .string(video.title)],
            "metadata": [
              "contentMetadataViewModel": [
                "metadataRows": [
                  [
                    "metadataParts": [
                      [
                        "text": [
                          "content": .string(video.channelTitle),
                          "commandRuns": [
                            [
                              "startIndex": 0, "length": .integer(video.channelTitle.utf16.count),
                              "onTap": ["innertubeCommand": channel],
                            ]
                          ],
                        ]
                      ]
                    ]
                  ],
                  [
                    "metadataParts": [
                      ["text": ["content": "4.7k views"]],
                      ["text": ["content": "2 months ago"]],
                    ]
                  ],
                ],
                "delimiter": " • ",
              ]
            ],
          ]
        ],
        "contentId": .string(video.id),
        "contentType": "LOCKUP_CONTENT_TYPE_VIDEO",
        "rendererContext": Self.context(video.id, index, label: video.title, playlist),
      ]
    ]
  }

  private static func unavailableLockup(_ id: String, _ title: String, _ index: Int) -> JSONTree {
    [
      "lockupViewModel": [
        "contentImage": [
          "thumbnailViewModel": [
            "image": ["sources": [["url": "https://i.ytimg.com/img/no_thumbnail.jpg"]]]
          ]
        ],
        "metadata": ["lockupMetadataViewModel": ["title": ["content": .string(title)]]],
        "contentId": .string(id),
        "contentType": "LOCKUP_CONTENT_TYPE_VIDEO",
        "rendererContext": Self.context(id, index, label: title, nil),
      ]
    ]
  }

  private static func context(
    _ id: String, _ index: Int, label: String, _ playlist: SimulatedPlaylist?
  ) -> JSONTree {
    [
      "accessibilityContext": ["label": .string(label)],
      "commandContext": [
        "onTap": [
          "innertubeCommand": [
            "clickTrackingParams": "CJEHENTEDBgB",
            "watchEndpoint": [
              "videoId": .string(id), "playlistId": .string(playlist?.id ?? ""),
              "index": .integer(index), "params": "OAI%3D",
            ],
          ]
        ]
      ],
    ]
  }

  /// The last item of a page that is not the last. All three forms occur: on the first page of the old shape, on its
  /// later pages, and in the new shape.
  private func continuation(
    to start: Int, of playlist: SimulatedPlaylist, first: Bool
  ) -> JSONTree {
    let command: JSONTree = [
      "token": .string(Continuation(playlist: playlist.id, start: start).token),
      "request": "CONTINUATION_REQUEST_TYPE_BROWSE",
    ]
    guard playlist.usesRenderers else {
      return [
        "continuationItemViewModel": [
          "trigger": "CONTINUATION_TRIGGER_ON_ITEM_SHOWN",
          "continuationCommand": ["innertubeCommand": ["continuationCommand": command]],
        ]
      ]
    }
    let endpoint: JSONTree =
      first
      ? [
        "commandExecutorCommand": [
          "commands": [
            ["playlistVotingRefreshPopupCommand": ["command": [:]]],
            ["continuationCommand": command],
          ]
        ]
      ] : ["continuationCommand": command]
    return [
      "continuationItemRenderer": [
        "trigger": "CONTINUATION_TRIGGER_ON_ITEM_SHOWN", "continuationEndpoint": endpoint,
      ]
    ]
  }

  /// `3:07` or `1:02:03`.
  static func clock(_ seconds: Int) -> String {
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let hours = seconds / 3600
    return hours > 0
      ? "\(hours):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
      : "\(seconds / 60):\(two(seconds % 60))"
  }
}
