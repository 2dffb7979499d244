public import API
public import Transcripts

extension FetcherListPlaylistResponse {
  public init(_ page: PlaylistPage) {
    self.init()
    self.items = page.items.map {
      var item = FetcherPlaylistItem()
      item.video = APIVideo($0.video)
      item.unavailableReason = $0.unavailableReason ?? ""
      return item
    }
    self.cursor = page.cursor ?? ""
    self.title = page.title ?? ""
    self.statedTotal = Int64(page.statedTotal ?? 0)
  }
}

extension PlaylistPage {
  /// - Throws: ``ConversionError`` for an item without a video's identifier.
  public init(_ page: FetcherListPlaylistResponse) throws(ConversionError) {
    var items: [PlaylistItem] = []
    items.reserveCapacity(page.items.count)
    for item in page.items {
      items.append(
        PlaylistItem(
          video: try Video(item.video ?? APIVideo()),
          unavailableReason: item.unavailableReason.isEmpty ? nil : item.unavailableReason))
    }
    self.init(
      items: items, cursor: page.cursor.isEmpty ? nil : page.cursor,
      title: page.title.isEmpty ? nil : page.title,
      statedTotal: page.statedTotal > 0 ? Int(page.statedTotal) : nil)
  }
}
