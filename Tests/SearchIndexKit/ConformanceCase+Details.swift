internal import Search
internal import Transcripts

extension ConformanceCase {
  static let details: [ConformanceCase] = [
    ConformanceCase("A moment begins with the caption of its first word, words marked") { index in
      let results = try await index.search(SearchQuery(text: "\"quick brown fox jumps\""))
      let moment = try Self.only(results).moments.first
      try expectEqual(moment?.startMilliseconds, 90_000, "the start")
      try expectEqual(Self.marked(moment), ["quick brown fox jumps"], "what is marked")
    },
    ConformanceCase("A phrase over the border of two captions is marked as one") { index in
      let moment = try Self.only(try await index.search(SearchQuery(text: "\"six seven\"")))
        .moments[0]
      try expectEqual(moment.startMilliseconds, 3_000, "the start")
      try expectEqual(Self.marked(moment), ["six seven"], "what is marked")
    },
    ConformanceCase("Moments are apart, the one with all words first") { index in
      let hit = try Self.only(
        try await index.search(SearchQuery(text: "quick lazy", momentsPerHit: 5)))
      try expectEqual(
        hit.moments.map(\.startMilliseconds), [90_000, 186_000], "the moments")
      try expectEqual(Self.marked(hit.moments[0]), ["quick", "lazy"], "what is marked")
    },
    ConformanceCase("Marks are code points, whatever the script") { index in
      for (text, marks) in [
        ("creme brulee", ["Crème", "brûlée"]), ("東京大学", ["東京大学"]), ("словами", ["словами"]),
        ("c++", ["C", "C"]), ("strasse", ["Straße"]),
      ] {
        let moment = try Self.only(
          try await index.search(SearchQuery(text: text, wordForms: .exact))
        ).moments[0]
        try expectEqual(Self.marked(moment), marks, "the marks of \(text)")
      }
    },
    ConformanceCase("Other forms of a word are marked too") { index in
      let results = try await index.search(SearchQuery(text: "talk video:vAAAAAAAAA9"))
      try expectEqual(
        Self.marked(try Self.only(results).moments.first), ["talking", "talks", "talked"],
        "what is marked")
    },
    ConformanceCase("Words in the title alone show the beginning") { index in
      let moment = try Self.only(
        try await index.search(
          SearchQuery(text: "foxes", wordForms: .exact))
      ).moments[0]
      try expectEqual(moment.startMilliseconds, 0, "the start")
      try expectEqual(moment.highlights, [], "what is marked")
    },
    ConformanceCase("A transcript comes back as it was written, manual first") { index in
      for document in Corpus.documents {
        let found = try await index.transcript(
          of: document.transcript.video.id, languageCode: document.transcript.track.languageCode,
          in: .default)
        try expectEqual(found, document.transcript, "the transcript")
      }
      let two = try Self.video("vAAAAAAAAB1")
      let any = try await index.transcript(of: two, languageCode: nil, in: .default)
      try expectEqual(any?.track.languageCode, "de", "the language")
      let other = try await index.transcript(of: two, languageCode: "fr", in: .default)
      try expectEqual(other, nil, "a language that is not there")
      let none = try await index.transcript(
        of: try Self.video("vNOTHERE000"), languageCode: nil, in: .default)
      try expectEqual(none, nil, "a video that is not there")
    },
    ConformanceCase("What is said around an instant is read out") { index in
      let excerpt = try await index.context(
        of: try Self.video("vAAAAAAAAA7"), languageCode: "en", around: 3_500, before: .seconds(1),
        after: .seconds(1), in: .default)
      try expectEqual(
        excerpt?.segments.map(\.text), ["one two three", "four five six"], "the segments")
    },
    ConformanceCase("Every place in one video, in order of time") { index in
      let video = try Self.video("vAAAAAAAAA8")
      let page = try await index.places(PlacesQuery(video: video, text: "quick OR dog"))
      try expectEqual(
        page?.moments.map(\.startMilliseconds), [90_000, 93_000, 186_000], "the places")
      try expectEqual(page?.total, 3, "the total")
      try expectEqual(
        page?.moments.map { Self.marked($0) }, [["quick"], ["dog"], ["quick"]], "the marks")
      try expectEqual(
        page?.moments.first?.text, "the quick brown fox", "the text of a place")
      let unmatched = try await index.places(PlacesQuery(video: video, text: "quick nosuchword"))
      try expectEqual(unmatched?.moments, [], "places of a query that does not match as a whole")
      let missing = try await index.places(
        PlacesQuery(video: try Self.video("vNOTHERE000"), text: "quick"))
      try expectEqual(missing, nil, "places in a video that is not there")
    },
    ConformanceCase("Places come page by page") { index in
      var query = PlacesQuery(
        video: try Self.video("vAAAAAAAAA8"), text: "filler OR fox", pageSize: 7)
      var starts: [Int64] = []
      repeat {
        guard let page = try await index.places(query) else { break }
        try expectEqual(page.total, 62, "the total")
        starts += page.moments.map(\.startMilliseconds)
        query.pageToken = page.nextPageToken
      } while query.pageToken != nil && starts.count <= 62
      try expectEqual(starts.count, 62, "the places")
      try expectEqual(starts, starts.sorted(), "their order")
    },
    ConformanceCase("Places go by the track asked for, manual first") { index in
      let video = try Self.video("vAAAAAAAAB1")
      let german = try await index.places(PlacesQuery(video: video, text: "deutsch"))
      try expectEqual(german?.track.languageCode, "de", "the track")
      let english = try await index.places(
        PlacesQuery(video: video, languageCode: "en", text: "english"))
      try expectEqual(english?.moments.count, 1, "places in the other track")
    },
    ConformanceCase("The last word is completed with words that are there") { index in
      let found = try await index.suggestions(SuggestionsQuery(text: "the dist"))
      try expectEqual(found.map(\.text), ["the distributed"], "the completion")
      let many = try await index.suggestions(SuggestionsQuery(text: "ta", limit: 10))
      try expectEqual(
        Set(many.map(\.text)), ["talk", "talking", "talks", "talked", "talker"], "completions")
      try expectEqual(
        try await index.suggestions(SuggestionsQuery(text: "ta", limit: 2)).count, 2, "the limit")
      try expectEqual(
        try await index.suggestions(SuggestionsQuery(text: "xyzzy")), [], "nothing")
    },
    ConformanceCase("When nothing is found, a word that is there is proposed") { index in
      let results = try await index.search(SearchQuery(text: "distribted"))
      try expectEqual(results.total, 0, "the total")
      try expectEqual(results.didYouMean, "distributed", "the proposal")
      let hopeless = try await index.search(SearchQuery(text: "xqzvwkj"))
      try expectEqual(hopeless.didYouMean, nil, "the proposal for nonsense")
    },
    ConformanceCase("The index says how much it holds, and that it is sound") { index in
      let statistics = try await index.statistics(of: .default)
      try expectEqual(statistics.documents, Corpus.documents.count, "documents")
      try expectEqual(statistics.videos, Corpus.documents.count - 1, "videos")
      try expect(statistics.sizeBytes > 0 && statistics.shards > 0, "no size: \(statistics)")
      try await index.verify(.default)
      try await index.optimize(.default)
      try await index.verify(.default)
    },
    ConformanceCase("An index that is not there is named") { index in
      guard let name = IndexName("nosuchindex") else { return }
      try await expectError(.noSuchIndex, "a search") {
        _ = try await index.search(SearchQuery(index: name, text: "fox"))
      }
      try await expectError(.noSuchIndex, "statistics") {
        _ = try await index.statistics(of: name)
      }
    },
  ]

  static func video(_ id: String) throws -> VideoID {
    guard let video = VideoID(id) else { throw ConformanceFailure(description: "\(id) is no ID") }
    return video
  }

  static func only(_ results: SearchResults) throws -> SearchHit {
    try expectEqual(results.hits.count, 1, "the number of hits")
    return results.hits[0]
  }

  /// What a moment's highlights cover.
  static func marked(_ moment: Moment?) -> [String] {
    guard let moment else { return [] }
    let scalars = Array(moment.text.unicodeScalars)
    return moment.highlights.map { range in
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars[range.clamped(to: 0..<scalars.count)])
      return String(view)
    }
  }
}
