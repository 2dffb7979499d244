internal import API

/// The words of a moment with the found ones in bold, in lines.
struct MomentText {
  private struct Word {
    /// Text and whether it was found, in order.
    var parts: [(text: String, isFound: Bool)]
    var width: Int { self.parts.reduce(0) { $0 + DisplayWidth.of($1.text) } }
  }

  private let words: [Word]

  init(_ moment: APIMoment) {
    var words: [Word] = []
    var word = Word(parts: [])
    let scalars = Array(SafeText.line(moment.text).unicodeScalars)
    let found = Self.found(moment.highlights, count: scalars.count)
    for (index, scalar) in scalars.enumerated() {
      if scalar.properties.isWhitespace {
        if !word.parts.isEmpty { words.append(word) }
        word = Word(parts: [])
      } else if let last = word.parts.last, last.isFound == found[index] {
        word.parts[word.parts.count - 1].text.unicodeScalars.append(scalar)
      } else {
        word.parts.append((String(scalar), found[index]))
      }
    }
    if !word.parts.isEmpty { words.append(word) }
    self.words = words
  }

  /// - Parameter width: Columns of a line; nil: all in one line.
  func lines(width: Int?, style: TextStyle) -> [String] {
    var lines: [String] = []
    var line = ""
    var taken = 0
    for word in self.words {
      if let width, taken > 0, taken + 1 + word.width > width {
        lines.append(line)
        (line, taken) = ("", 0)
      }
      if taken > 0 { line += " " }
      line += word.parts.map { $0.isFound ? style.bold($0.text) : $0.text }.joined()
      taken += word.width + (taken > 0 ? 1 : 0)
    }
    return line.isEmpty ? lines : lines + [line]
  }

  /// For each code point whether a highlight covers it. Ranges outside the text are cut: they come from a peer.
  private static func found(_ highlights: [APIHighlight], count: Int) -> [Bool] {
    var found = [Bool](repeating: false, count: count)
    for highlight in highlights {
      let start = min(max(0, Int(highlight.start)), count)
      let end = min(max(start, Int(highlight.start) + Int(highlight.length)), count)
      for index in start..<end { found[index] = true }
    }
    return found
  }
}
