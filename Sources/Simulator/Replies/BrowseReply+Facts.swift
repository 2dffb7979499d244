extension BrowseReply {
  /// Where the items of a first page asked by `browseId` are.
  func contents(_ page: [JSONTree], of playlist: SimulatedPlaylist) -> JSONTree {
    let items: JSONTree =
      playlist.usesRenderers
      ? [
        [
          "playlistVideoListRenderer": [
            "contents": .array(page), "playlistId": .string(playlist.id), "isEditable": false,
            "targetId": .string(playlist.id),
          ]
        ]
      ] : .array(page)
    return [
      "twoColumnBrowseResultsRenderer": [
        "tabs": [
          [
            "tabRenderer": [
              "selected": true,
              "content": [
                "sectionListRenderer": [
                  "contents": [["itemSectionRenderer": ["contents": items]]],
                  "trackingParams": "CCUQui8iEwjX",
                ]
              ],
            ]
          ]
        ]
      ]
    ]
  }

  /// Title, owner and count, in all the places they are shown.
  func facts(_ playlist: SimulatedPlaylist) -> [(String, JSONTree)] {
    let title = playlist.title
    let count = Self.grouped(playlist.count)
    let noun = playlist.count == 1 ? " video" : " videos"
    let owner: JSONTree = [
      "browseEndpoint": [
        "browseId": .string(playlist.channelID),
        "canonicalBaseUrl": .string("/channel/\(playlist.channelID)"),
      ]
    ]
    var members: [(String, JSONTree)] = [
      ("header", Self.header(title, count + noun, playlist.owner, owner)),
      ("metadata", ["playlistMetadataRenderer": ["title": .string(title)]]),
      (
        "microformat",
        [
          "microformatDataRenderer": [
            "urlCanonical": .string("http://www.youtube.com/playlist?list=\(playlist.id)"),
            "title": .string(title), "description": "", "noindex": false, "unlisted": false,
          ]
        ]
      ),
      ("sidebar", Self.sidebar(title, count, noun, playlist.owner, owner)),
    ]
    if playlist.shape == .unavailable || playlist.shape == .unavailableRenderer {
      members.append(
        (
          "alerts",
          [
            [
              "alertWithButtonRenderer": [
                "type": "INFO",
                "text": .simpleText("Unavailable videos will be hidden during playback"),
              ]
            ]
          ]
        ))
    }
    return members
  }

  private static func header(
    _ title: String, _ count: String, _ owner: String, _ command: JSONTree
  ) -> JSONTree {
    [
      "pageHeaderRenderer": [
        "pageTitle": .string(title),
        "content": [
          "pageHeaderViewModel": [
            "title": ["dynamicTextViewModel": ["text": ["content": .string(title)]]],
            "metadata": [
              "contentMetadataViewModel": [
                "metadataRows": [
                  [
                    "metadataParts": [
                      [
                        "avatarStack": [
                          "avatarStackViewModel": [
                            "text": [
                              "content": .string("by \(owner)"),
                              "commandRuns": [
                                [
                                  "startIndex": 0, "length": .integer(owner.utf16.count + 3),
                                  "onTap": ["innertubeCommand": command],
                                ]
                              ],
                            ]
                          ]
                        ]
                      ]
                    ]
                  ],
                  [
                    "metadataParts": [
                      ["text": ["content": "Playlist"]], ["text": ["content": .string(count)]],
                      ["text": ["content": "4,711 views"]],
                    ]
                  ],
                ],
                "delimiter": "•",
              ]
            ],
          ]
        ],
      ]
    ]
  }

  private static func sidebar(
    _ title: String, _ count: String, _ noun: String, _ owner: String, _ command: JSONTree
  ) -> JSONTree {
    [
      "playlistSidebarRenderer": [
        "items": [
          [
            "playlistSidebarPrimaryInfoRenderer": [
              "title": .runs(title),
              "stats": [
                .runs(count, noun), .simpleText("4,711 views"), .runs("Updated ", "7", " days ago"),
              ],
            ]
          ],
          [
            "playlistSidebarSecondaryInfoRenderer": [
              "videoOwner": [
                "videoOwnerRenderer": [
                  "title": [
                    "runs": [["text": .string(owner), "navigationEndpoint": command]]
                  ]
                ]
              ]
            ]
          ],
        ]
      ]
    ]
  }

  /// `5,000`
  private static func grouped(_ number: Int) -> String {
    var digits = String(number)
    var text = ""
    while digits.count > 3 {
      text = "," + digits.suffix(3) + text
      digits.removeLast(3)
    }
    return digits + text
  }
}
