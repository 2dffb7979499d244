internal import Search

/// How many documents have which value, while they are counted.
struct FacetCounts: Sendable {
  private var counts: [FacetField: [String: Int]] = [:]
  private var labels: [String: String] = [:]

  mutating func add(_ value: String, of field: FacetField, _ documents: Int = 1) {
    self.counts[field, default: [:]][value, default: 0] += documents
  }

  /// Names a channel.
  mutating func setLabel(_ label: String, of channel: String) {
    if !label.isEmpty { self.labels[channel] = label }
  }

  /// Adds those of another shard.
  mutating func add(_ other: FacetCounts) {
    for (field, values) in other.counts {
      self.counts[field, default: [:]].merge(values) { $0 + $1 }
    }
    self.labels.merge(other.labels) { first, _ in first }
  }

  /// The facets asked for, in their order.
  func facets(_ fields: [FacetField], atMost limit: Int) -> [Facet] {
    fields.map { field in
      let values = (self.counts[field] ?? [:]).sorted {
        $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key
      }
      return Facet(
        field,
        values.prefix(limit).map {
          Facet.Value(
            value: $0.key, label: field == .channel ? self.labels[$0.key] ?? "" : "",
            documents: $0.value)
        })
    }
  }
}
