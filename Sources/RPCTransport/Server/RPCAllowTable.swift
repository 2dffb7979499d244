/// Which clients may call what.
///
/// A row names a service (`verbatim.indexer.v1.IndexerService`), a method (`verbatim.indexer.v1.IndexerService/Search`) or
/// everything (`*`), and the identities that may call it: DNS or URI names of client certificates, or `*` for anyone.
/// A call is allowed when any row allows it; all others are refused with `PERMISSION_DENIED`.
public struct RPCAllowTable: Sendable {
  /// Stands for every service, or every identity.
  public static let wildcard = "*"
  /// Every client whose certificate the TLS context accepts may call everything.
  public static let anyone = RPCAllowTable([(service: Self.wildcard, identities: [Self.wildcard])])

  private let identities: [String: Set<String>]

  /// Creates a table from rows. Several rows with one name add up.
  public init(_ rows: [(service: String, identities: [String])]) {
    self.identities = rows.reduce(into: [:]) { table, row in
      table[row.service, default: []].formUnion(row.identities)
    }
  }

  /// The table with more rows.
  public func adding(_ rows: [(service: String, identities: [String])]) -> RPCAllowTable {
    RPCAllowTable(self.identities.map { (service: $0.key, identities: Array($0.value)) } + rows)
  }

  /// Who may call a method; nil: anyone.
  func allowed(service: String, method: String) -> Set<String>? {
    let all = [service, "\(service)/\(method)", Self.wildcard].reduce(into: Set<String>()) {
      $0.formUnion(self.identities[$1] ?? [])
    }
    return all.contains(Self.wildcard) ? nil : all
  }
}
