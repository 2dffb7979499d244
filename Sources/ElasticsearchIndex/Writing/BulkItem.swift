internal import JSON

/// One operation of a `_bulk`.
struct BulkItem: Sendable {
  enum Action: Hashable, Sendable {
    /// The document must not be there.
    case create
    /// The document must have a lower version.
    case index(version: Int64)
    case delete(version: Int64)
  }

  var action: Action
  /// An alias, and required to be one: otherwise a cluster that has lost it would make an index of that name, with types of
  /// its own guess.
  var index: String
  var id: String
  /// The document as JSON, in one line; empty for a deletion.
  var body: [UInt8] = []

  /// Bytes in the request, about.
  var size: Int { self.body.count + self.id.utf8.count + self.index.utf8.count + 100 }

  func append(to writer: inout JSONWriter) {
    writer.object { writer in
      switch self.action {
      case .create: writer.key("create")
      case .index: writer.key("index")
      case .delete: writer.key("delete")
      }
      writer.object { writer in
        writer.member("_index", self.index)
        writer.member("_id", self.id)
        switch self.action {
        case .create: break
        case .index(let version), .delete(let version):
          writer.member("version", version)
          writer.member("version_type", "external")
        }
        if !self.isDeletion { writer.member("require_alias", true) }
      }
    }
    writer.endLine()
    if !self.isDeletion {
      writer.encoded(self.body)
      writer.endLine()
    }
  }

  private var isDeletion: Bool {
    if case .delete = self.action { true } else { false }
  }
}

/// What became of an operation.
enum BulkOutcome: Hashable, Sendable {
  case written
  /// Somebody else was faster, or it was done before: look again.
  case conflict
  /// A deletion of what is not there.
  case missing
  /// The document's own fault, in the server's words.
  case rejected(String)
  /// The index or alias is not there.
  case noIndex
}
