internal import Search
internal import Transcripts

extension ConformanceCase {
  private static let broad =
    "distributed OR words OR é OR one OR fox OR talked OR 東京 OR café OR emoji"

  static let pages: [ConformanceCase] = [
    ConformanceCase("Pages together are the whole, each hit once, in every order") { index in
      let whole = try await index.search(SearchQuery(text: Self.broad, pageSize: 100))
      for order in [SearchOrder.relevance, .newest, .oldest] {
        for size in [1, 3, 5] {
          var query = SearchQuery(text: Self.broad, pageSize: size, order: order)
          var found: [String] = []
          repeat {
            let page = try await index.search(query)
            try expectEqual(page.total, whole.total, "the total of a page")
            try expect(page.hits.count <= size, "a page is too long")
            found += page.hits.map { Corpus.name($0.video, $0.track) }
            query.pageToken = page.nextPageToken
          } while query.pageToken != nil && found.count <= whole.total
          try expectEqual(
            found.sorted(), whole.hits.map { Corpus.name($0.video, $0.track) }.sorted(),
            "pages of \(size) by \(order)")
        }
      }
    },
    ConformanceCase("Newest and oldest go by publication, or else by fetching") { index in
      func times(_ order: SearchOrder) async throws -> [Int64] {
        let results = try await index.search(
          SearchQuery(text: Self.broad, pageSize: 100, order: order))
        return results.hits.map { $0.video.publishedMilliseconds ?? 1_000 }
      }
      let newest = try await times(.newest)
      try expectEqual(newest, newest.sorted(by: >), "newest first")
      let oldest = try await times(.oldest)
      try expectEqual(oldest, oldest.sorted(), "oldest first")
      try expectEqual(oldest.first, 1_000, "the video without a date")
    },
    ConformanceCase("A page token of another query, or none of ours, is refused") { index in
      let page = try await index.search(SearchQuery(text: Self.broad, pageSize: 2))
      for token in [
        page.nextPageToken ?? "", "nonsense", "AAAA", String(repeating: "A", count: 64),
      ] {
        try await expectError(.invalidPageToken, token) {
          _ = try await index.search(SearchQuery(text: "fox", pageToken: token))
        }
      }
    },
    ConformanceCase("A word in the title and said often comes before one said once") { index in
      let results = try await index.search(SearchQuery(text: "distributed", wordForms: .exact))
      try expectEqual(
        results.hits.map(\.video.id.text), ["vAAAAAAAAA1", "vAAAAAAAAA2"], "the order")
      try expect(results.hits[0].score > results.hits[1].score, "the scores do not say so")
    },
    ConformanceCase("Facets count what matches, by value, the most frequent first") { index in
      let results = try await index.search(
        SearchQuery(
          text: Self.broad, pageSize: 100, facets: FacetField.allCases))
      try expectEqual(results.facets.map(\.field), FacetField.allCases, "which facets")
      for facet in results.facets {
        var wanted: [String: Int] = [:]
        for hit in results.hits {
          let document = Corpus.documents.first {
            Corpus.name($0) == Corpus.name(hit.video, hit.track)
          }
          let values: [String]
          switch facet.field {
          case .channel: values = [hit.video.channelID].filter { !$0.isEmpty }
          case .playlist: values = document?.playlistIDs ?? []
          case .language: values = [hit.track.languageCode.lowercased()]
          case .kind: values = [hit.track.kind.rawValue]
          case .year: continue
          }
          for value in values { wanted[value, default: 0] += 1 }
        }
        let counts = facet.values.map(\.documents)
        try expectEqual(counts, counts.sorted(by: >), "the order of \(facet.field)")
        guard facet.field != .year else {
          try expect(
            facet.values.contains { $0.value == "2022" && $0.documents >= 2 },
            "the year 2022 is not counted: \(facet.values)")
          continue
        }
        let found = Dictionary(facet.values.map { ($0.value, $0.documents) }) { $0 + $1 }
        try expectEqual(found, wanted, "the facet \(facet.field)")
        try expect(facet.isExact, "the facet \(facet.field) is not exact")
        if facet.field == .channel {
          let label = facet.values.first { $0.value == "UCsystems" }?.label
          try expectEqual(label, "Systems", "the channel's name")
        }
      }
    },
    ConformanceCase("Facets are on the first page only, and as many values as asked for") { index in
      var query = SearchQuery(
        text: Self.broad, pageSize: 2, facets: [.channel], facetValues: 2)
      let first = try await index.search(query)
      try expectEqual(first.facets.first?.values.count, 2, "values")
      query.pageToken = first.nextPageToken
      try expectEqual(try await index.search(query).facets, [], "facets on the second page")
    },
    ConformanceCase("Documents come page by page, each once, whole") { index in
      var found: [String] = []
      var query = DocumentsQuery(pageSize: 5)
      repeat {
        let page = try await index.documents(query)
        for document in page.documents {
          let wanted = Corpus.documents.first { Corpus.name($0) == Corpus.name(document) }
          try expectEqual(
            document.transcript, wanted?.transcript ?? document.transcript, "a transcript")
          try expectEqual(
            document.playlistIDs.sorted(), wanted?.playlistIDs.sorted() ?? [], "its playlists")
          found.append(Corpus.name(document))
        }
        query.cursor = page.nextCursor
      } while query.cursor != nil && found.count <= Corpus.documents.count
      try expectEqual(found.sorted(), Corpus.documents.map(Corpus.name).sorted(), "the documents")
      let filtered = try await index.documents(
        DocumentsQuery(filters: SearchFilters(channelIDs: ["UCsystems"])))
      try expectEqual(filtered.documents.count, 2, "documents of a channel")
      try await expectError(.invalidPageToken, "a cursor of nobody") {
        _ = try await index.documents(DocumentsQuery(cursor: "!"))
      }
    },
  ]
}
