/// Text of others made harmless: titles, transcripts and messages may hold what a terminal obeys.
enum SafeText {
  /// Stands for what is not shown.
  private static let replacement: Unicode.Scalar = "\u{fffd}"

  /// For one line. Every scalar stays one scalar, so positions in the text stay true.
  static func line(_ text: String) -> String {
    self.mapped(text) { self.isBreak($0) ? " " : self.isHarmful($0) ? self.replacement : $0 }
  }

  /// For whole lines: line ends and tabs stay.
  static func lines(_ text: String) -> String {
    self.mapped(text) { scalar in
      scalar == "\n" || scalar == "\t" ? scalar : self.isHarmful(scalar) ? self.replacement : scalar
    }
  }

  private static func mapped(
    _ text: String, _ change: (Unicode.Scalar) -> Unicode.Scalar
  ) -> String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: text.unicodeScalars.lazy.map(change))
    return String(scalars)
  }

  private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0d, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  /// Control characters (escape sequences begin with one), and marks that turn the direction of what follows.
  private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1f, 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
