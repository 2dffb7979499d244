public import Search
internal import Transcripts

/// What a query has to find, said in the plainest way: every document is looked through.
public struct ReferenceSearch {
  private struct Prepared {
    var name: String
    var document: IndexDocument
    var title: [String]
    var text: [String]
  }

  private var documents: [Prepared] = []

  public init(_ documents: [IndexDocument]) {
    var normalizer = Normalizer()
    self.documents = documents.map { document in
      let normalized = NormalizedTranscript(document.transcript, normalizer: &normalizer)
      return Prepared(
        name: Corpus.name(document), document: document, title: Self.tokens(normalized.title),
        text: Self.tokens(normalized.text))
    }
  }

  private static func tokens(_ text: [UInt8]) -> [String] {
    String(decoding: text, as: UTF8.self).split(separator: " ").map(String.init)
  }

  /// Names of the documents that match.
  public func matches(_ query: SearchQuery) throws(SearchError) -> Set<String> {
    let parsed = try QueryParser.parse(query)
    return Set(
      self.documents.filter { self.passes(parsed, $0) && self.matches(parsed.root, $0) }
        .map(\.name))
  }

  private func matches(_ node: QueryNode, _ document: Prepared) -> Bool {
    switch node {
    case .phrase(let phrase):
      Self.columns(phrase, document).contains { !Self.starts(of: phrase, in: $0).isEmpty }
    case .near(let phrases, let distance):
      Self.columns(phrases[0], document).contains { Self.areNear(phrases, distance, in: $0) }
    case .all(let nodes, let excluding):
      nodes.allSatisfy { self.matches($0, document) }
        && !excluding.contains { self.matches($0, document) }
    case .any(let nodes): nodes.contains { self.matches($0, document) }
    }
  }

  private static func columns(_ phrase: QueryPhrase, _ document: Prepared) -> [[String]] {
    phrase.field == .title ? [document.title] : [document.title, document.text]
  }

  private static func starts(of phrase: QueryPhrase, in tokens: [String]) -> [Int] {
    let forms = [phrase.tokens] + phrase.otherForms.map { [$0] }
    return tokens.indices.filter { start in
      forms.contains { form in
        guard start + form.count <= tokens.count else { return false }
        return form.indices.allSatisfy { offset in
          let token = tokens[start + offset]
          let isLast = offset == form.count - 1
          return phrase.isPrefix && isLast
            ? token.utf8.starts(with: form[offset].utf8) : token == form[offset]
        }
      }
    }
  }

  /// One place of each, none ending more than `distance` tokens before the last one begins.
  private static func areNear(
    _ phrases: [QueryPhrase], _ distance: Int, in tokens: [String]
  ) -> Bool {
    let starts = phrases.map { Self.starts(of: $0, in: tokens) }
    return starts.flatMap { $0 }.contains { last in
      zip(phrases, starts).allSatisfy { phrase, starts in
        starts.contains { $0 <= last && last - ($0 + phrase.tokens.count) <= distance }
      }
    }
  }

  private func passes(_ query: ParsedQuery, _ document: Prepared) -> Bool {
    let transcript = document.document.transcript
    let dated = transcript.video.publishedMilliseconds ?? transcript.fetchedMilliseconds
    if let from = query.publishedFrom, dated < from { return false }
    if let before = query.publishedBefore, dated >= before { return false }
    return query.filters.allSatisfy { filter in
      let language = transcript.track.languageCode.lowercased()
      let hasOne = filter.values.contains { value in
        switch filter.field {
        case .channel: transcript.video.channelID == value
        case .playlist: document.document.playlistIDs.contains(value)
        case .language: language == value || language.hasPrefix(value + "-")
        case .kind: transcript.track.kind.rawValue == value
        case .video: transcript.video.id.text == value
        }
      }
      return hasOne != filter.isExcluded
    }
  }
}
