internal import JSON

/// How our indexes are made.
enum IndexTemplate {
  /// Goes up whenever what an index looks like changes; `indexer reindex` brings what is there up to it.
  static let version = 1
  /// Above whatever an operator may have for all indexes.
  private static let priority = 500

  static func body(_ configuration: ElasticsearchConfiguration, pattern: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("index_patterns")
      writer.array { $0.string(pattern) }
      writer.member("priority", Self.priority)
      writer.member("version", Self.version)
      writer.key("template")
      writer.object { writer in
        writer.key("settings")
        writer.object { Self.settings(configuration, &$0) }
        writer.key("mappings")
        writer.object { Self.mappings(&$0) }
      }
    }
    return writer.bytes
  }

  private static func settings(
    _ configuration: ElasticsearchConfiguration, _ writer: inout JSONWriter
  ) {
    writer.member("index.number_of_shards", configuration.shards)
    if let replicas = configuration.replicas {
      writer.member("index.number_of_replicas", replicas)
    } else {
      writer.member("index.auto_expand_replicas", "0-1")
    }
    // What is written is made findable by us, see `ElasticsearchIndex.write`; this is for what we did not come to.
    writer.member("index.refresh_interval", "5s")
    // A deleted document's version is remembered so long: a late copy of it (`reindex`) does not bring it back.
    writer.member("index.gc_deletes", "1h")
  }

  private static func mappings(_ writer: inout JSONWriter) {
    // A field that we do not know is a mistake of ours, and not a new column.
    writer.member("dynamic", "strict")
    writer.key("properties")
    writer.object { writer in
      for name in [
        Field.id, Field.video, Field.channel, Field.playlists, Field.language, Field.languages,
        Field.kind, Field.year,
      ] {
        writer.key(name)
        writer.object { $0.member("type", "keyword") }
      }
      for name in [Field.dated, Field.fetched, Field.indexed] {
        writer.key(name)
        writer.object { $0.member("type", "long") }
      }
      writer.key(Field.hash)
      writer.object { writer in
        writer.member("type", "keyword")
        writer.member("index", false)
        writer.member("doc_values", false)
      }
      for name in [Field.title, Field.text] {
        writer.key(name)
        writer.object { writer in
          writer.member("type", "text")
          // Our normalizer has decided what a token is, the same ones as in the embedded index: every server splits at
          // spaces alike, whichever version of Unicode it knows.
          writer.member("analyzer", "whitespace")
        }
      }
      writer.key(Field.shown)
      writer.object { writer in
        writer.member("type", "object")
        writer.member("enabled", false)
      }
      writer.key(Field.segments)
      writer.object { $0.member("type", "binary") }
    }
  }
}
