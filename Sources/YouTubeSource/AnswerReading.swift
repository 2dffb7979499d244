internal import Transcripts

/// Reading YouTube's answers without asking for them: for tools that try what the readers take.
package enum AnswerReading {
  /// Reads a player's answer, or a watch page with one inside.
  ///
  /// - Returns: The addresses of its tracks that may be contacted, as they would be for json3 and for a translation; nil
  ///   when it is refused.
  package static func player(_ body: [UInt8], isPage: Bool) -> [String]? {
    do throws(FetchError) {
      let json = isPage ? try WebPage(body).object(after: "ytInitialPlayerResponse") : body
      let reply = try PlayerReply(json)
      let target = reply.translationLanguages.first
      if let video = reply.videoID.flatMap({ VideoID($0) }) {
        _ = Playability(reply, for: video, nowSeconds: 0)
      }
      return reply.tracks.compactMap(\.address).flatMap {
        [$0.url(format: .json3), $0.url(format: .srv3, translateTo: target)]
      }
    } catch {
      return nil
    }
  }

  /// Reads a page of a playlist.
  ///
  /// - Returns: How many videos it lists; nil when it is refused.
  package static func playlistPage(_ body: [UInt8]) -> Int? {
    do throws(FetchError) {
      return try BrowseReply(body).items.count
    } catch {
      return nil
    }
  }
}
