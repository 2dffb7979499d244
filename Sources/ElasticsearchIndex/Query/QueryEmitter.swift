internal import JSON
internal import Search

/// Writes a query in the cluster's query language, with the meaning that the tree has in the embedded index.
///
/// Tokens are normalized and go in as values: nothing that a user types is syntax, and no query is refused.
///
/// Differences that remain. Scores are Lucene's. Within a phrase, `"one tw"*` looks at the first
/// ``maxPhraseExpansions`` words that begin so, NEAR at ``maxNearExpansions``. NEAR of three or more phrases of
/// different length may find places some words further apart than it says.
enum QueryEmitter {
  /// A word in the title is worth that many in the text: titles are short, so that is about the five of the embedded index.
  static let titleBoost = 2.0
  /// All words close together are worth as much again.
  static let proximityBoost = 1.0
  /// Half a minute of speech.
  static let windowTokens = 75
  static let maxPhraseExpansions = 10_000
  /// Of all prefixes within one NEAR. A cluster refuses queries of more than 1,024 clauses.
  static let maxNearExpansions = 400

  /// Writes the value of `query`.
  static func write(_ query: ParsedQuery, to writer: inout JSONWriter) {
    writer.object { writer in
      writer.key("bool")
      writer.object { writer in
        writer.key("must")
        writer.array { Self.node(query.root, &$0) }
        Self.filters(query, &writer)
        if let phrases = Self.proximate(query.root) {
          writer.key("should")
          writer.array { writer in
            writer.object { writer in
              writer.key("span_near")
              writer.object { writer in
                writer.key("clauses")
                writer.array { writer in
                  for phrase in phrases { Self.span(phrase, Field.text, expansions: 1, &writer) }
                }
                writer.member("slop", Self.windowTokens - phrases.count)
                writer.member("in_order", false)
                writer.member("boost", Self.proximityBoost)
              }
            }
          }
        }
      }
    }
  }

  /// Writes conditions, as members of a `bool`.
  static func filters(_ query: ParsedQuery, _ writer: inout JSONWriter) {
    Self.filters(
      query.filters, from: query.publishedFrom, before: query.publishedBefore, to: &writer)
  }

  static func filters(
    _ filters: [QueryFilter], from: Int64?, before: Int64?, to writer: inout JSONWriter
  ) {
    let included = filters.filter { !$0.isExcluded }
    if !included.isEmpty || from != nil || before != nil {
      writer.key("filter")
      writer.array { writer in
        for filter in included { Self.filter(filter, &writer) }
        if from != nil || before != nil {
          writer.object { writer in
            writer.key("range")
            writer.object { writer in
              writer.key(Field.dated)
              writer.object { writer in
                if let from { writer.member("gte", from) }
                if let before { writer.member("lt", before) }
              }
            }
          }
        }
      }
    }
    let excluded = filters.filter(\.isExcluded)
    if !excluded.isEmpty {
      writer.key("must_not")
      writer.array { writer in for filter in excluded { Self.filter(filter, &writer) } }
    }
  }

  private static func filter(_ filter: QueryFilter, _ writer: inout JSONWriter) {
    let field =
      switch filter.field {
      case .channel: Field.channel
      case .playlist: Field.playlists
      case .language: Field.languages
      case .kind: Field.kind
      case .video: Field.video
      }
    writer.object { writer in
      writer.key("terms")
      writer.object { writer in
        writer.key(field)
        writer.array { writer in for value in filter.values { writer.string(value) } }
      }
    }
  }

  // MARK: Nodes

  private static func node(_ node: QueryNode, _ writer: inout JSONWriter) {
    switch node {
    case .phrase(let phrase): Self.phrase(phrase, &writer)
    case .near(let phrases, let distance): Self.near(phrases, distance, &writer)
    case .any(let nodes):
      Self.bool(&writer) { writer in
        writer.key("should")
        writer.array { writer in for node in nodes { Self.node(node, &writer) } }
        writer.member("minimum_should_match", 1)
      }
    case .all(let nodes, let excluding):
      Self.bool(&writer) { writer in
        writer.key("must")
        writer.array { writer in for node in nodes { Self.node(node, &writer) } }
        if !excluding.isEmpty {
          writer.key("must_not")
          writer.array { writer in for node in excluding { Self.node(node, &writer) } }
        }
      }
    }
  }

  private static func bool(_ writer: inout JSONWriter, _ body: (inout JSONWriter) -> Void) {
    writer.object { writer in
      writer.key("bool")
      writer.object(body)
    }
  }

  /// In the title, in the text, or in both: the scores are added.
  private static func inFields(
    _ field: QueryPhrase.Field, _ writer: inout JSONWriter,
    _ body: (String, Double, inout JSONWriter) -> Void
  ) {
    guard field == .anywhere else { return body(Field.title, Self.titleBoost, &writer) }
    Self.bool(&writer) { writer in
      writer.key("should")
      writer.array { writer in
        body(Field.text, 1, &writer)
        body(Field.title, Self.titleBoost, &writer)
      }
      writer.member("minimum_should_match", 1)
    }
  }

  /// Writes one condition on phrases, for use by itself.
  static func phrase(_ phrase: QueryPhrase, _ writer: inout JSONWriter) {
    Self.inFields(phrase.field, &writer) { field, boost, writer in
      guard !phrase.otherForms.isEmpty else {
        return Self.leaf(phrase.tokens, phrase.isPrefix, field, boost, &writer)
      }
      // All forms are one word: the best counts.
      writer.object { writer in
        writer.key("dis_max")
        writer.object { writer in
          writer.key("queries")
          writer.array { writer in
            for token in phrase.tokens + phrase.otherForms {
              Self.leaf([token], false, field, boost, &writer)
            }
          }
        }
      }
    }
  }

  private static func leaf(
    _ tokens: [String], _ isPrefix: Bool, _ field: String, _ boost: Double,
    _ writer: inout JSONWriter
  ) {
    let (kind, key) =
      switch (tokens.count > 1, isPrefix) {
      case (false, false): ("term", "value")
      case (false, true): ("prefix", "value")
      case (true, false): ("match_phrase", "query")
      case (true, true): ("match_phrase_prefix", "query")
      }
    writer.object { writer in
      writer.key(kind)
      writer.object { writer in
        writer.key(field)
        writer.object { writer in
          writer.member(key, tokens.joined(separator: " "))
          if boost != 1 { writer.member("boost", boost) }
          if kind == "match_phrase_prefix" {
            writer.member("max_expansions", Self.maxPhraseExpansions)
          }
        }
      }
    }
  }

  // MARK: Nearness

  private static func near(
    _ phrases: [QueryPhrase], _ distance: Int, _ writer: inout JSONWriter
  ) {
    // The same phrase twice is near itself.
    var distinct: [QueryPhrase] = []
    for phrase in phrases where !distinct.contains(phrase) { distinct.append(phrase) }
    guard distinct.count > 1 else { return Self.phrase(distinct[0], &writer) }
    // Between the first and the last phrase at most `distance` tokens, those of the phrases in the middle counted: spans
    // count only what no phrase covers. Which ones are in the middle is not known beforehand: the shortest, to miss
    // nothing.
    let middle = distinct.map(\.tokens.count).sorted().prefix(distinct.count - 2).reduce(0, +)
    guard distance >= middle else {
      writer.object { writer in
        writer.key("match_none")
        writer.object { _ in }
      }
      return
    }
    let prefixes = distinct.count(where: \.isPrefix)
    let expansions = max(1, Self.maxNearExpansions / max(1, 2 * prefixes))
    Self.inFields(phrases[0].field, &writer) { field, boost, writer in
      writer.object { writer in
        writer.key("span_near")
        writer.object { writer in
          writer.key("clauses")
          writer.array { writer in
            for phrase in distinct { Self.span(phrase, field, expansions: expansions, &writer) }
          }
          writer.member("slop", distance - middle)
          writer.member("in_order", false)
          if boost != 1 { writer.member("boost", boost) }
        }
      }
    }
  }

  private static func span(
    _ phrase: QueryPhrase, _ field: String, expansions: Int, _ writer: inout JSONWriter
  ) {
    let tokens = phrase.tokens
    if tokens.count > 1 {
      writer.object { writer in
        writer.key("span_near")
        writer.object { writer in
          writer.key("clauses")
          writer.array { writer in
            for (index, token) in tokens.enumerated() {
              let isLast = index == tokens.count - 1
              Self.span(token, isLast && phrase.isPrefix, field, expansions, &writer)
            }
          }
          writer.member("slop", 0)
          writer.member("in_order", true)
        }
      }
    } else if phrase.otherForms.isEmpty {
      Self.span(tokens[0], phrase.isPrefix, field, expansions, &writer)
    } else {
      writer.object { writer in
        writer.key("span_or")
        writer.object { writer in
          writer.key("clauses")
          writer.array { writer in
            for token in tokens + phrase.otherForms {
              Self.span(token, false, field, expansions, &writer)
            }
          }
        }
      }
    }
  }

  private static func span(
    _ token: String, _ isPrefix: Bool, _ field: String, _ expansions: Int,
    _ writer: inout JSONWriter
  ) {
    writer.object { writer in
      guard isPrefix else {
        writer.key("span_term")
        writer.object { $0.member(field, token) }
        return
      }
      writer.key("span_multi")
      writer.object { writer in
        writer.key("match")
        writer.object { writer in
          writer.key("prefix")
          writer.object { writer in
            writer.key(field)
            writer.object { writer in
              writer.member("value", token)
              // Without it a prefix of many words fails the whole search.
              writer.member("rewrite", "top_terms_boost_\(expansions)")
            }
          }
        }
      }
    }
  }

  /// The words of which it is a good sign that they stand together; nil when there is no such pair.
  private static func proximate(_ root: QueryNode) -> [QueryPhrase]? {
    guard case .all(let nodes, _) = root else { return nil }
    let phrases = nodes.compactMap { node in
      if case .phrase(let phrase) = node, phrase.field == .anywhere, !phrase.isPrefix {
        phrase
      } else {
        nil as QueryPhrase?
      }
    }
    return (2...Self.maxProximatePhrases).contains(phrases.count) ? phrases : nil
  }

  /// With more words nearness says little and costs much.
  private static let maxProximatePhrases = 8
}
