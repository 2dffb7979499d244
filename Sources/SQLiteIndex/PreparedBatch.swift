internal import Search

/// A batch on its way into the shards.
struct PreparedBatch: Sendable {
  /// As many as there were; nil what is not written. Each track once: the last one stays, as if all had been written.
  private(set) var documents: [PreparedDocument?] = []
  /// By index, why a document can never be written.
  private(set) var rejections: [Int: String] = [:]
  /// By index, which later document of the batch is the same track.
  private(set) var replacements: [Int: Int] = [:]

  private struct Track: Hashable {
    var video: String
    var language: String
  }

  init(_ documents: [IndexDocument]) {
    self.documents.reserveCapacity(documents.count)
    var known: [Track: Int] = [:]
    for (index, document) in documents.enumerated() {
      if let reason = DocumentCodec.reasonToReject(document.transcript) {
        self.rejections[index] = reason
        self.documents.append(nil)
        continue
      }
      var prepared = PreparedDocument(document)
      let track = Track(video: prepared.video, language: prepared.language)
      if let earlier = known.updateValue(index, forKey: track) {
        prepared.playlists = ShardTables.union(
          self.documents[earlier]?.playlists ?? [], prepared.playlists)
        self.documents[earlier] = nil
        for (replaced, by) in self.replacements where by == earlier {
          self.replacements[replaced] = index
        }
        self.replacements[earlier] = index
      }
      self.documents.append(prepared)
    }
  }
}
