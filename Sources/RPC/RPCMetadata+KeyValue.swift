package import WireProtocol

extension RPCMetadata {
  /// Metadata as they came; keys are lowered.
  package init(_ pairs: [KeyValue]) {
    self.init()
    for pair in pairs { self.append(pair.key, pair.value) }
  }

  /// Metadata as they travel.
  package var pairs: [KeyValue] {
    self.map { entry in
      var pair = KeyValue()
      (pair.key, pair.value) = (entry.key, entry.value)
      return pair
    }
  }
}
