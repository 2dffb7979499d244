internal import Search
internal import Transcripts

extension ConformanceCase {
  private static let video = "wAAAAAAAAA1"

  private static func found(_ text: String, _ index: any SearchIndex) async throws -> [String] {
    try await index.search(SearchQuery(text: text)).hits.map { Corpus.name($0.video, $0.track) }
      .sorted()
  }

  static let writes: [ConformanceCase] = [
    ConformanceCase("What is written is found, and written again it is unchanged") { index in
      let batch = Array(Corpus.documents.prefix(3))
      try expectEqual(
        try await index.write(batch, to: .default), [.indexed, .indexed, .indexed], "first")
      try expectEqual(
        try await index.write(batch, to: .default), [.unchanged, .unchanged, .unchanged], "again")
      try await index.refresh(.default)
      try expectEqual(try await index.statistics(of: .default).documents, 3, "documents")
      try expectEqual(
        try await Self.found("distributed", index), ["vAAAAAAAAA1.en", "vAAAAAAAAA2.en"], "found")
    },
    ConformanceCase("A newer transcript replaces the whole older one") { index in
      let old = Corpus.document(Self.video, ["old words", "and more"], fetched: 1_000)
      let new = Corpus.document(Self.video, ["new words"], fetched: 2_000)
      _ = try await index.write([old], to: .default)
      try expectEqual(try await index.write([new], to: .default), [.indexed], "the newer")
      try await index.refresh(.default)
      try expectEqual(try await Self.found("old", index), [], "old words")
      try expectEqual(try await Self.found("new", index), ["\(Self.video).en"], "new words")
      try expectEqual(try await index.statistics(of: .default).documents, 1, "documents")
    },
    ConformanceCase("An older transcript does not replace a newer one") { index in
      let new = Corpus.document(Self.video, ["new words"], fetched: 2_000)
      let old = Corpus.document(Self.video, ["old words"], fetched: 1_000)
      _ = try await index.write([new], to: .default)
      try expectEqual(try await index.write([old], to: .default), [.unchanged], "the older")
      try await index.refresh(.default)
      try expectEqual(try await Self.found("new", index).count, 1, "new words")
      try expectEqual(try await Self.found("old", index), [], "old words")
    },
    ConformanceCase("Playlists add up, of older transcripts too") { index in
      func write(_ playlist: String, _ text: String, fetched: Int64) async throws {
        _ = try await index.write(
          [Corpus.document(Self.video, [text], fetched: fetched, playlists: [playlist])],
          to: .default)
      }
      try await write("PLa", "same words", fetched: 2_000)
      try await write("PLb", "same words", fetched: 2_000)
      try await write("PLc", "older words", fetched: 1_000)
      try await write("PLd", "newer words", fetched: 3_000)
      try await index.refresh(.default)
      for playlist in ["PLa", "PLb", "PLc", "PLd"] {
        try expectEqual(
          try await Self.found("newer playlist:\(playlist)", index).count, 1, playlist)
      }
      try expectEqual(try await index.statistics(of: .default).documents, 1, "documents")
    },
    ConformanceCase("Of a track that comes twice in a batch, the last one stays") { index in
      let outcomes = try await index.write(
        [
          Corpus.document(Self.video, ["first words"], playlists: ["PLa"]),
          Corpus.document("wAAAAAAAAA2", ["others"]),
          Corpus.document(Self.video, ["last words"], playlists: ["PLb"]),
        ], to: .default)
      try expectEqual(outcomes, [.indexed, .indexed, .indexed], "outcomes")
      try await index.refresh(.default)
      try expectEqual(try await Self.found("first", index), [], "the first")
      try expectEqual(
        try await Self.found("last playlist:PLa playlist:PLb", index).count, 1, "last")
    },
    ConformanceCase("A document that can never be indexed is rejected alone, with a reason") {
      index in
      let outcomes = try await index.write(
        [
          Corpus.document(Self.video, ["good"]), Corpus.document("wAAAAAAAAA2", []),
          Corpus.document("wAAAAAAAAA3", ["good too"]),
        ], to: .default)
      try expectEqual(outcomes[0], .indexed, "the first")
      try expectEqual(outcomes[2], .indexed, "the third")
      guard case .rejected(let reason) = outcomes[1] else {
        throw ConformanceFailure(description: "a document without text was \(outcomes[1])")
      }
      try expect(!reason.isEmpty, "no reason")
    },
    ConformanceCase("A removed video is gone with all its tracks, and can come again") { index in
      let tracks = [
        Corpus.document(Self.video, ["english words"]),
        Corpus.document(Self.video, ["deutsche Wörter"], language: "de"),
        Corpus.document("wAAAAAAAAA2", ["other words"]),
      ]
      _ = try await index.write(tracks, to: .default)
      let video = try Self.video(Self.video)
      try expectEqual(try await index.remove([video], from: .default), 2, "removed")
      try expectEqual(try await index.remove([video], from: .default), 0, "removed again")
      try await index.refresh(.default)
      try expectEqual(try await Self.found("words OR deutsche", index), ["wAAAAAAAAA2.en"], "left")
      try expectEqual(
        try await index.write([tracks[0]], to: .default), [.indexed], "written again")
      try await index.refresh(.default)
      try expectEqual(try await Self.found("english", index).count, 1, "found again")
    },
    ConformanceCase("Videos go into playlists and out of them without a new transcript") { index in
      _ = try await index.write(
        [Corpus.document(Self.video, ["some words"], playlists: ["PLa"])], to: .default)
      let videos = [try Self.video(Self.video), try Self.video("wNOTTHERE00")]
      let changed = try await index.changePlaylists(
        of: videos, adding: ["PLb"], removing: ["PLa"], in: .default)
      try expectEqual(changed, 1, "changed")
      try await index.refresh(.default)
      try expectEqual(try await Self.found("some playlist:PLb", index).count, 1, "in PLb")
      try expectEqual(try await Self.found("some playlist:PLa", index), [], "in PLa")
      let again = try await index.changePlaylists(
        of: videos, adding: ["PLb"], removing: ["PLa"], in: .default)
      try expectEqual(again, 0, "changed again")
    },
    ConformanceCase("Writers at the same time lose nothing of one another") { index in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<6 {
          group.addTask {
            _ = try await index.write(
              [
                Corpus.document(Self.video, ["shared words"], playlists: ["PL\(number)"]),
                Corpus.document("wBBBBBBBBB\(number)", ["own words"]),
              ], to: .default)
          }
        }
        try await group.waitForAll()
      }
      try await index.refresh(.default)
      for number in 0..<6 {
        try expectEqual(
          try await Self.found("shared playlist:PL\(number)", index).count, 1, "PL\(number)")
      }
      try expectEqual(try await index.statistics(of: .default).documents, 7, "documents")
    },
    ConformanceCase("Writing nothing changes nothing") { index in
      try expectEqual(try await index.write([], to: .default), [], "outcomes")
      try expectEqual(try await index.statistics(of: .default).documents, 0, "documents")
      try await index.verify(.default)
      try expectEqual(try await Self.found("words", index), [], "found")
    },
  ]

  static let names: [ConformanceCase] = [
    ConformanceCase("Indexes are apart, made by writing or by name, and deleted") { index in
      guard let talks = IndexName("talks"), let other = IndexName("other-index") else { return }
      try expectEqual(try await index.createIndex(talks), true, "made")
      try expectEqual(try await index.createIndex(talks), false, "made again")
      _ = try await index.write([Corpus.document(Self.video, ["in talks"])], to: talks)
      _ = try await index.write([Corpus.document(Self.video, ["in other"])], to: other)
      try await index.refresh(talks)
      try await index.refresh(other)
      let hits = try await index.search(SearchQuery(index: talks, text: "in")).hits
      try expectEqual(hits.first?.moments.first?.text, "in talks", "what talks has")
      try expectEqual(
        try await index.indexes().map(\.index.text), ["default", "other-index", "talks"], "indexes")
      try expectEqual(try await index.deleteIndex(talks), true, "deleted")
      try expectEqual(try await index.deleteIndex(talks), false, "deleted again")
      try await expectError(.noSuchIndex, "the deleted one") {
        _ = try await index.search(SearchQuery(index: talks, text: "in"))
      }
    },
    ConformanceCase("The default index is emptied in place of being deleted") { index in
      _ = try await index.write([Corpus.document(Self.video, ["words"])], to: .default)
      try await index.refresh(.default)
      try expectEqual(try await index.deleteIndex(.default), true, "emptied")
      try expectEqual(try await Self.found("words", index), [], "found")
      _ = try await index.write([Corpus.document(Self.video, ["words"])], to: .default)
      try await index.refresh(.default)
      try expectEqual(try await Self.found("words", index).count, 1, "found again")
    },
    ConformanceCase("An alias is a name of an index, and moves in one step") { index in
      guard let blue = IndexName("blue"), let green = IndexName("green"),
        let live = IndexName("live"), let none = IndexName("none")
      else { return }
      _ = try await index.write([Corpus.document(Self.video, ["blue words"])], to: blue)
      _ = try await index.write([Corpus.document(Self.video, ["green words"])], to: green)
      try await index.setAlias(live, to: blue)
      try expectEqual(try await index.aliases(), [IndexAlias(live, of: blue)], "aliases")
      _ = try await index.write([Corpus.document("wAAAAAAAAA2", ["more blue"])], to: live)
      try await index.refresh(live)
      try expectEqual(
        try await index.search(SearchQuery(index: live, text: "blue")).total, 2, "behind the alias")
      try await index.setAlias(live, to: green)
      try await index.refresh(live)
      try expectEqual(
        try await index.search(SearchQuery(index: live, text: "green")).total, 1, "after the move")
      try await expectError(.conflict, "an alias named as an index") {
        try await index.setAlias(blue, to: green)
      }
      try await expectError(.noSuchIndex, "an alias of nothing") {
        try await index.setAlias(live, to: none)
      }
      try await expectError(.conflict, "an index named as an alias") {
        _ = try await index.createIndex(live)
      }
      try await expectError(.conflict, "the deletion of what an alias points to") {
        _ = try await index.deleteIndex(green)
      }
      try await index.setAlias(live, to: nil)
      try expectEqual(try await index.aliases(), [], "aliases")
      try await expectError(.noSuchIndex, "the alias taken away") {
        _ = try await index.search(SearchQuery(index: live, text: "green"))
      }
    },
  ]
}
