/// A playlist: its facts, and its videos by place.
struct SimulatedPlaylist: Sendable {
  enum Items: Sendable {
    case listed([String])
    case series(Int, count: Int)
  }

  let id: String
  let title: String
  let owner: String
  let channelID: String
  let shape: SyntheticPlaylistID.Shape
  let items: Items

  /// What the page states.
  var count: Int {
    switch self.items {
    case .listed(let ids): ids.count
    case .series(_, let count): count
    }
  }

  /// How many items can really be reached by following continuations.
  var reachableCount: Int { self.shape == .stops ? min(self.count, Self.pageSize) : self.count }

  var usesRenderers: Bool { self.shape == .renderer || self.shape == .unavailableRenderer }

  /// The identifier of the video at `index`, from 0.
  func videoID(at index: Int) -> String {
    switch self.items {
    case .listed(let ids): ids[index]
    case .series(let series, _): SyntheticVideoID(series: series, index: index).text
    }
  }

  /// Items of an ordinary page.
  static let pageSize = 100

  /// Where the page that begins at `start` ends.
  func pageEnd(from start: Int) -> Int {
    let size =
      self.shape == .uneven ? [102, 101, 99, 100][(start / Self.pageSize) % 4] : Self.pageSize
    return min(self.reachableCount, start + size)
  }
}
