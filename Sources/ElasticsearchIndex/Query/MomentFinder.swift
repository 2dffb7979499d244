internal import Search

/// Chooses the best moments of one document: windows of half a minute of speech with the most different phrases in them.
///
/// The same choice as the embedded index makes, with each phrase weighing the same.
enum MomentFinder {
  struct Window {
    /// What makes it a moment.
    var core: ArraySlice<PhraseFinder.Place>
    /// Others beside.
    var nearby: [PhraseFinder.Place]
  }

  /// More occurrences break ties.
  private static let tieBreaker = 1e-9

  /// - Returns: Best first, at most `max`, none within ``QueryEmitter/windowTokens`` of another.
  static func windows(_ places: [PhraseFinder.Place], phrases: Int, max: Int) -> [Window] {
    var scores = Self.scores(places, phrases)
    var windows: [Window] = []
    while windows.count < max {
      var best: Int?
      for index in scores.indices where scores[index] >= 0 {
        if best == nil || scores[index] > scores[best ?? 0] { best = index }
      }
      guard let best else { break }
      windows.append(Self.tighten(places, phrases, best, scores))
      let low = places[best].token - QueryEmitter.windowTokens
      let high = places[best].token + QueryEmitter.windowTokens
      for index in places.indices where places[index].token > low && places[index].token < high {
        scores[index] = -1
      }
    }
    return windows
  }

  /// Of the window that begins at each place: how many different phrases are in it.
  private static func scores(_ places: [PhraseFinder.Place], _ phrases: Int) -> [Double] {
    var inside = Array(repeating: 0, count: phrases)
    var different = 0
    var end = 0
    return places.indices.map { index in
      while end < places.count,
        places[end].token - places[index].token < QueryEmitter.windowTokens
      {
        if inside[places[end].phrase] == 0 { different += 1 }
        inside[places[end].phrase] += 1
        end += 1
      }
      defer {
        inside[places[index].phrase] -= 1
        if inside[places[index].phrase] == 0 { different -= 1 }
      }
      return Double(different) + Self.tieBreaker * Double(end - index)
    }
  }

  /// The shortest run that has all of the window's phrases, so that a moment is not drawn out by repetitions of one word.
  private static func tighten(
    _ places: [PhraseFinder.Place], _ phrases: Int, _ first: Int, _ scores: [Double]
  ) -> Window {
    var inside = Array(repeating: 0, count: phrases)
    var end = first
    var lastNew = first
    while end < places.count, places[end].token - places[first].token < QueryEmitter.windowTokens {
      // A window may not take what another has shown.
      if end > first, scores[end] < 0 { break }
      if inside[places[end].phrase] == 0 { lastNew = end }
      inside[places[end].phrase] += 1
      end += 1
    }
    if lastNew + 1 < end {
      for index in lastNew + 1..<end { inside[places[index].phrase] -= 1 }
    }
    var start = first
    while start < lastNew, inside[places[start].phrase] > 1 {
      inside[places[start].phrase] -= 1
      start += 1
    }
    return Window(
      core: places[start...lastNew],
      nearby: Array(places[first..<start]) + Array(places[(lastNew + 1)..<end]))
  }
}
