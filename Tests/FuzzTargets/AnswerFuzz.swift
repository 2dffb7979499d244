internal import YouTubeSource

/// The reader of the player's answers, bare and inside of a watch page: the first byte says which.
enum PlayerReplyFuzz: FuzzTarget {
  static let name = "player-reply"

  static func run(_ bytes: [UInt8]) {
    var script = ByteScript(bytes)
    let isPage = script.byte() == UInt8(ascii: "<")
    let body = isPage ? bytes : script.remainder()
    for address in AnswerReading.player(body, isPage: isPage) ?? [] {
      FuzzFailure.require(
        address.hasPrefix("https://www.youtube.com/api/timedtext?")
          && address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "an address leads elsewhere")
    }
  }
}

/// The reader of a playlist's pages.
enum PlaylistPageFuzz: FuzzTarget {
  static let name = "playlist-page"

  static func run(_ bytes: [UInt8]) {
    let videos = AnswerReading.playlistPage(bytes) ?? 0
    FuzzFailure.require(videos <= bytes.count / 11, "more videos than there is room for")
  }
}
